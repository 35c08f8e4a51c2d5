// What a certificate says to those who read it: its text, and its QR code on a rendered page.
import jsQR from "jsqr";
import { createCanvas } from "@napi-rs/canvas";
import { getDocument } from "pdfjs-dist/legacy/build/pdf.mjs";

/** The text, the address in the QR code, the metadata and the page's size of a PDF. */
export async function readCertificate(bytes) {
  const pdf = await getDocument({ data: new Uint8Array(bytes), verbosity: 0 }).promise;
  const page = await pdf.getPage(1);
  const { items } = await page.getTextContent();
  const viewport = page.getViewport({ scale: 2 });
  const canvas = createCanvas(Math.ceil(viewport.width), Math.ceil(viewport.height));
  await page.render({ canvas, canvasContext: canvas.getContext("2d"), viewport }).promise;
  const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const { info } = await pdf.getMetadata();
  return {
    pages: pdf.numPages,
    text: items.map((item) => item.str + (item.hasEOL ? "\n" : "")).join(""),
    code: jsQR(data, width, height)?.data,
    info,
    size: [Math.round(viewport.width / 2), Math.round(viewport.height / 2)],
  };
}
