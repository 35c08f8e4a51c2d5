//! SVG files: what one may contain, and the credential inside.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::{NsReader, XmlVersion};

use super::{BakeError, png};

/// The namespace of the credential's element.
const NAMESPACE: &str = "https://purl.imsglobal.org/ob/v3p0";

/// An SVG that shows a PNG.
pub(super) fn wrap(bytes: &[u8]) -> String {
    let (width, height) = png::size(bytes).unwrap_or((1, 1));
    let data = STANDARD.encode(bytes);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\"><image width=\"{width}\" height=\"{height}\" \
         href=\"data:image/png;base64,{data}\"/></svg>"
    )
}

/// Refuses what runs or reaches outside: the image is served to learners and employers.
pub(super) fn check(svg: &str) -> Result<(), BakeError> {
    let mut reader = NsReader::from_str(svg);
    let mut in_style = false;
    loop {
        let event = reader.read_event().map_err(not_xml)?;
        match &event {
            Event::Start(element) | Event::Empty(element) => {
                let name = element.local_name().as_ref().to_ascii_lowercase();
                if name == "script" || name == "foreignobject" {
                    return Err(BakeError::new(format!("the SVG contains <{name}>; take it out")));
                }
                check_attributes(element)?;
                in_style = name == "style" && matches!(event, Event::Start(_));
            }
            Event::End(_) => in_style = false,
            Event::Text(text) if in_style => check_style(text)?,
            Event::CData(text) if in_style => check_style(text)?,
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn check_attributes(element: &BytesStart<'_>) -> Result<(), BakeError> {
    for attribute in element.attributes() {
        let attribute = attribute.map_err(not_xml)?;
        let name = attribute.key.local_name().as_ref().to_ascii_lowercase();
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(not_xml)?;
        if name.starts_with("on") {
            return Err(BakeError::new(format!("the SVG contains a script (“{name}”); take it out")));
        }
        if matches!(name.as_str(), "href" | "src") && !stays_inside(&value) {
            return Err(BakeError::new(format!(
                "the SVG refers to “{}” outside; put everything into the file",
                super::super::key::shorten(&value)
            )));
        }
        let bitmap = value.trim().strip_prefix("data:image/").is_some_and(|rest| !rest.starts_with("svg"));
        if name == "href" && bitmap {
            return Err(BakeError::new(
                "the SVG holds a bitmap image, which is not drawn; give a PNG instead",
            ));
        }
        check_style(&value)?;
    }
    Ok(())
}

/// Whether a reference is to a part of the file or carries its data with it.
fn stays_inside(reference: &str) -> bool {
    let reference = reference.trim();
    reference.is_empty() || reference.starts_with('#') || reference.starts_with("data:image/")
}

fn check_style(text: &str) -> Result<(), BakeError> {
    let text = text.to_ascii_lowercase();
    let reaches_out = text.contains("@import")
        || text.split("url(").skip(1).any(|rest| !stays_inside(rest.trim_start_matches(['"', '\'', ' '])));
    if reaches_out {
        return Err(BakeError::new("the SVG's style refers to something outside; put it into the file"));
    }
    Ok(())
}

/// Puts the credential right behind the root's start tag; one that is there already goes.
pub(super) fn bake(svg: &str, credential: &str) -> Result<String, BakeError> {
    if let Some(c) = credential.chars().find(|c| !is_xml(*c)) {
        return Err(BakeError::new(format!(
            "the credential contains U+{:04X}, which XML cannot hold",
            u32::from(c)
        )));
    }
    let found = find(svg)?;
    let tag = svg.get(found.root.clone()).ok_or_else(|| BakeError::new("the SVG has no root"))?;
    let tag = tag.strip_suffix('>').unwrap_or(tag);
    let (tag, closing) = match (found.root_is_empty, tag.strip_suffix('/')) {
        (true, Some(tag)) => (tag, format!("</{}>", found.root_name)),
        _ => (tag, String::new()),
    };
    let declaration =
        if found.declared { String::new() } else { format!(" xmlns:openbadges=\"{NAMESPACE}\"") };
    // A CDATA section ends at the first “]]>”: it is cut in two there.
    let credential = credential.replace("]]>", "]]]]><![CDATA[>");
    let mut out = String::with_capacity(svg.len() + credential.len() + 128);
    out.push_str(svg.get(..found.root.start).unwrap_or_default());
    out.push_str(tag);
    out.push_str(&declaration);
    out.push_str("><openbadges:credential><![CDATA[");
    out.push_str(&credential);
    out.push_str("]]></openbadges:credential>");
    out.push_str(&closing);
    let mut from = found.root.end;
    for old in found.credentials {
        out.push_str(svg.get(from..old.place.start).unwrap_or_default());
        from = old.place.end;
    }
    out.push_str(svg.get(from..).unwrap_or_default());
    Ok(out)
}

/// The one credential inside.
pub(super) fn unbake(svg: &str) -> Result<String, BakeError> {
    let mut credentials = find(svg)?.credentials.into_iter();
    let Some(credential) = credentials.next() else {
        return Err(BakeError::new(
            "the SVG holds no Open Badges 3.0 credential (no <openbadges:credential>)",
        ));
    };
    if credentials.next().is_some() {
        return Err(BakeError::new("the SVG holds more than one credential"));
    }
    Ok(credential.text)
}

struct Found {
    /// The root's start tag.
    root: Range<usize>,
    root_name: String,
    root_is_empty: bool,
    /// Whether the root binds the prefix `openbadges` to the namespace.
    declared: bool,
    credentials: Vec<Credential>,
}

struct Credential {
    place: Range<usize>,
    /// What it holds: the attribute `verify` (a compact JWS) or the text.
    text: String,
}

fn find(svg: &str) -> Result<Found, BakeError> {
    let mut reader = NsReader::from_str(svg);
    let mut root: Option<Found> = None;
    // Where the credential that is being read began, and how deep inside it we are.
    let mut open: Option<(usize, usize, String)> = None;
    let mut credentials = Vec::new();
    loop {
        let start = position(&reader);
        let (namespace, event) = reader.read_resolved_event().map_err(not_xml)?;
        let is_credential = namespace == ResolveResult::Bound(Namespace(NAMESPACE));
        match event {
            Event::Eof => break,
            Event::Start(element) if open.is_none() && is_credential && is_named(&element) => {
                open = Some((start, 0, attribute(&element, "verify")?.unwrap_or_default()));
            }
            Event::Empty(element) if open.is_none() && is_credential && is_named(&element) => {
                let text = attribute(&element, "verify")?.unwrap_or_default();
                credentials.push(Credential { place: start..position(&reader), text });
            }
            Event::Start(element) => {
                if let Some((_, depth, _)) = &mut open {
                    *depth += 1;
                } else if root.is_none() {
                    root = Some(root_of(&element, start..position(&reader), false)?);
                }
            }
            Event::Empty(element) if open.is_none() && root.is_none() => {
                root = Some(root_of(&element, start..position(&reader), true)?);
            }
            Event::End(_) => match open.take() {
                Some((start, 0, text)) => {
                    credentials
                        .push(Credential { place: start..position(&reader), text: text.trim().to_owned() });
                }
                Some((start, depth, text)) => open = Some((start, depth - 1, text)),
                None => {}
            },
            Event::Text(piece) => push(&mut open, &piece),
            Event::CData(piece) => push(&mut open, &piece),
            Event::GeneralRef(name) if open.is_some() => {
                let escaped = format!("&{};", &*name);
                push(&mut open, &quick_xml::escape::unescape(&escaped).map_err(not_xml)?);
            }
            _ => {}
        }
    }
    let mut found = root.ok_or_else(|| BakeError::new("the file is no SVG"))?;
    found.credentials = credentials;
    Ok(found)
}

fn push(open: &mut Option<(usize, usize, String)>, piece: &str) {
    if let Some((_, _, text)) = open {
        text.push_str(piece);
    }
}

fn is_named(element: &BytesStart<'_>) -> bool {
    element.local_name().as_ref() == "credential"
}

fn root_of(element: &BytesStart<'_>, tag: Range<usize>, is_empty: bool) -> Result<Found, BakeError> {
    if element.local_name().as_ref() != "svg" {
        return Err(BakeError::new("the file is no SVG"));
    }
    let bound = attribute(element, "xmlns:openbadges")?;
    if bound.as_ref().is_some_and(|bound| bound != NAMESPACE) {
        return Err(BakeError::new("the SVG uses the prefix “openbadges” for something else; take it out"));
    }
    Ok(Found {
        root: tag,
        root_name: element.name().as_ref().to_owned(),
        root_is_empty: is_empty,
        declared: bound.is_some(),
        credentials: Vec::new(),
    })
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, BakeError> {
    let attribute = element.try_get_attribute(name).map_err(not_xml)?;
    attribute
        .map(|one| Ok(one.normalized_value(XmlVersion::Implicit1_0).map_err(not_xml)?.into_owned()))
        .transpose()
}

fn position(reader: &NsReader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn not_xml(error: impl std::fmt::Display) -> BakeError {
    BakeError::new(format!("the SVG is not well-formed XML: {error}"))
}

/// Whether XML 1.0 allows the character (section 2.2). A carriage return would be read back as a
/// line feed.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
