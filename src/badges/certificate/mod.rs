//! A certificate: what a badge says, on one page to print. The page is a picture of the credential;
//! the address on it, in letters and as a QR code, leads to what counts.
//!
//! The same award gives the same bytes.

mod page;
mod qr;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use krilla::Document;
use krilla::geom::{Size, Transform};
use krilla::metadata::{DateTime as PdfTime, Metadata, TextDirection};
use krilla::page::PageSettings;
use krilla_svg::{SurfaceExt as _, SvgSettings};

use super::bake::{BakeError, render};
use super::{BadgeImage, drawing};

pub use qr::{QrCode, qr_code};

/// What stands on a certificate; all texts as people read them.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The language of the words around (BCP 47).
    pub language: String,
    /// Whether that language is written from right to left.
    pub right_to_left: bool,
    /// “Certificate”.
    pub title: String,
    /// What stands above the holder's name.
    pub certifies: String,
    /// What stands between the holder's name and the badge's.
    pub earned: String,
    /// What to do with the address, beside the QR code.
    pub check: String,
    /// Who awards.
    pub issuer: String,
    /// Who holds the badge.
    pub holder: String,
    /// The badge's name.
    pub badge: String,
    /// What was achieved.
    pub description: String,
    /// Date, end, credits and the like: what it is, and its value. At most four are drawn.
    pub facts: Vec<(String, String)>,
    /// The credential's id.
    pub id: String,
    /// The public page.
    pub url: String,
    /// When it was awarded: the date of the file.
    pub awarded_at: DateTime<Utc>,
    /// The badge's image.
    pub image: BadgeImage,
}

impl Certificate {
    /// Whether the fonts have every letter of the names on it. Chinese, Japanese and Korean ones
    /// they have not.
    pub fn can_be_drawn(&self) -> bool {
        [&self.issuer, &self.holder, &self.badge].into_iter().all(|text| drawing::has_glyphs(text))
    }

    /// The page as SVG, without the badge's image.
    pub fn svg(&self) -> Result<String, BakeError> {
        page::svg(self)
    }

    /// The certificate as PDF, A4 landscape, with text that can be selected and copied.
    pub fn pdf(&self) -> Result<Vec<u8>, BakeError> {
        let failed = || BakeError("the certificate cannot be drawn".to_owned());
        let page_size = Size::from_wh(page::WIDTH, page::HEIGHT).ok_or_else(failed)?;
        let page_tree = render::tree(&self.svg()?)?;
        // A tree of its own: its style sheet and ids are its own matter.
        let image = render::tree(&self.image.svg())?;
        let place = page::image_place(self, image.size().width(), image.size().height());
        let image_size = Size::from_wh(place.width, place.height).ok_or_else(failed)?;

        let mut document = Document::new();
        document.set_metadata(self.metadata());
        let mut page = document.start_page_with(PageSettings::new(page_size));
        let mut surface = page.surface();
        surface.draw_svg(&page_tree, page_size, SvgSettings::default()).ok_or_else(failed)?;
        surface.push_transform(&Transform::from_translate(place.x, place.y));
        surface.draw_svg(&image, image_size, SvgSettings::default()).ok_or_else(failed)?;
        surface.pop();
        surface.finish();
        page.finish();
        document
            .finish()
            .map_err(|error| BakeError(format!("the certificate cannot be written as PDF: {error:?}")))
    }

    fn metadata(&self) -> Metadata {
        let at = self.awarded_at;
        let small = |number: u32| u8::try_from(number).unwrap_or(0);
        let time = PdfTime::new(u16::try_from(at.year()).unwrap_or(0))
            .month(small(at.month()))
            .day(small(at.day()))
            .hour(small(at.hour()))
            .minute(small(at.minute()))
            .second(small(at.second()))
            .utc_offset_hour(0)
            .utc_offset_minute(0);
        let direction =
            if self.right_to_left { TextDirection::RightToLeft } else { TextDirection::LeftToRight };
        Metadata::new()
            .title(format!("{}: {}", self.badge, self.holder))
            .authors(vec![self.issuer.clone()])
            .description(self.description.clone())
            .language(self.language.clone())
            .creator("Accolade".to_owned())
            .creation_date(time)
            .document_id(self.id.clone())
            .text_direction(direction)
    }
}

#[cfg(test)]
mod tests;
