//! The image of a badge: the file beside it, or one that is drawn from a template.

use std::path::Path;

use super::catalog::Reader;
use super::decode::decode;
use super::document::{At, Node, parse};
use super::drawn::{BRAND_FILE, Brand, Drawn, brand_of};
use crate::badges::{Achievement, BadgeImage, template};

impl Reader<'_> {
    /// The image that the file names, or the one that is named like the file.
    pub(super) fn image(&mut self, id: &str, named: Option<&str>, at: &At) -> Option<BadgeImage> {
        let name = if let Some(name) = named {
            // It becomes public: nothing from outside the folder.
            let plain = Path::new(name).file_name().is_some_and(|file| file == name);
            let ending = Path::new(name).extension().is_some_and(|ending| ending == "svg" || ending == "png");
            if !plain || !ending {
                let message = "`badge.image`: write the name of an .svg or .png file in the folder of badges";
                return self.fail(at, message);
            }
            name.to_owned()
        } else {
            let (svg, png) = (format!("{id}.svg"), format!("{id}.png"));
            match (self.names.contains(&svg), self.names.contains(&png)) {
                (true, true) => {
                    let message =
                        format!("there is {svg} and {png}; remove one, or write `image = \"{svg}\"`");
                    return self.fail(at, message);
                }
                (true, false) => svg,
                (false, true) => png,
                (false, false) => return None,
            }
        };
        let path = self.shelf.place().join(&name);
        let bytes = self.read_file(&path, at)?;
        match (self.read_image)(bytes) {
            Ok(image) => Some(image),
            Err(why) => self.fail(&At::new(&path), format!("not an image that can be used: {why}")),
        }
    }

    /// The image that `[image]` asks for. A badge without a caption gets the words on it as one.
    pub(super) fn drawn(
        &mut self,
        achievement: &mut Achievement,
        issuer: &str,
        node: &Node,
    ) -> Option<BadgeImage> {
        let (brand, brand_file) = match self.brands.get(issuer) {
            Some(own) => (own.clone(), format!("_brand-{issuer}.toml")),
            None => (self.brand.clone(), BRAND_FILE.to_owned()),
        };
        let places = node.table().cloned().unwrap_or_default();
        let at = |key: &str| places.get(key).map_or(&node.at, |node| &node.at).clone();
        let id = &achievement.id;
        let beside =
            [format!("{id}.svg"), format!("{id}.png")].into_iter().find(|name| self.names.contains(name));
        if let Some(other) = beside.or_else(|| achievement.image.clone()) {
            let message = format!("the badge has the image {other}, too; remove it, or this table");
            return self.fail(&node.at, message);
        }
        let (drawn, broken) = decode::<Drawn>(node.clone(), "image.", &mut self.problems);
        let drawn = drawn?;
        let problems = drawn.problems(&brand, &brand_file);
        for (key, message) in &problems {
            if !broken.iter().any(|broken| broken.split('.').next() == Some(key)) {
                self.say(&at(key), format!("`image.{key}`: {message}"));
            }
        }
        if !broken.is_empty() || !problems.is_empty() {
            return None;
        }
        let (svg, place) = match template::built_in(&drawn.template) {
            Some(svg) => (svg.to_owned(), at("template")),
            None if is_svg(&drawn.template) => {
                let text = self.text(&drawn.template.clone(), &at("template"))?;
                (text, At::new(self.shelf.place().join(&drawn.template)))
            }
            None => return self.fail(&at("template"), format!("`image.template`: {}", Drawn::no_template())),
        };
        let logo = match brand.logo.clone().filter(|_| drawn.shows_logo()) {
            Some(name) => Some(self.logo(&name, &brand_file)?),
            None => None,
        };
        let look = drawn.look(achievement, &brand, logo);
        if achievement.image_caption.is_none() {
            achievement.image_caption = Some(drawn.caption(achievement, &brand));
        }
        let filled = template::fill(&svg, &look).map_err(|error| error.0);
        match filled.and_then(|svg| (self.read_image)(svg.into_bytes())) {
            Ok(image) => Some(image),
            Err(why) => self.fail(&place, format!("no image can be drawn from this template: {why}")),
        }
    }

    /// Reads `_brand.toml`, and what issuers have in its place, as far as they are there.
    pub(super) fn read_brands(&mut self) {
        if self.names.contains(BRAND_FILE)
            && let Some(brand) = self.brand_in(BRAND_FILE)
        {
            self.brand = brand;
        }
        for name in self.names.clone() {
            let Some(slug) = brand_of(&name) else { continue };
            if let Err(message) = self.known.named(slug) {
                self.say(&At::new(self.shelf.place().join(&name)), message);
            } else if let Some(brand) = self.brand_in(&name) {
                self.brands.insert(slug.to_owned(), brand);
            }
        }
    }

    fn brand_in(&mut self, name: &str) -> Option<Brand> {
        let path = self.shelf.place().join(name);
        let at = At::new(&path);
        let text = self.text(name, &at)?;
        let before = self.problems.len();
        let root = parse(&text, &path, &mut self.problems);
        if self.problems.len() > before {
            return None;
        }
        let places = root.table()?.clone();
        let (brand, broken) = decode::<Brand>(root, "", &mut self.problems);
        let brand = brand?;
        for (key, message) in brand.problems() {
            if !broken.iter().any(|broken| broken == key) {
                let at = places.get(key).map_or(&at, |node| &node.at).clone();
                self.say(&at, format!("`{key}`: {message}"));
            }
        }
        if brand.logo.as_ref().is_some_and(|logo| !is_svg(logo)) {
            let at = places.get("logo").map_or(&at, |node| &node.at).clone();
            self.say(&at, "`logo`: write the name of an .svg file in the folder of badges");
        }
        (self.problems.len() == before).then_some(brand)
    }

    /// The institution's logo, which has to be an image that may be served by itself.
    fn logo(&mut self, name: &str, brand_file: &str) -> Option<String> {
        let at = At::new(self.shelf.place().join(brand_file));
        let text = self.text(name, &at)?;
        match (self.read_image)(text.clone().into_bytes()) {
            Ok(_) => Some(text),
            Err(why) => self
                .fail(&At::new(self.shelf.place().join(name)), format!("not a logo that can be used: {why}")),
        }
    }

    /// A file of text.
    fn text(&mut self, name: &str, at: &At) -> Option<String> {
        let path = self.shelf.place().join(name);
        let bytes = self.read_file(&path, at)?;
        match String::from_utf8(bytes) {
            Ok(text) => Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
            Err(_) => self.fail(&At::new(&path), "not text (UTF-8)"),
        }
    }
}

/// The name of an SVG file, and nothing outside the folder: what is drawn becomes public.
fn is_svg(name: &str) -> bool {
    let plain = Path::new(name).file_name().is_some_and(|file| file == name);
    plain && Path::new(name).extension().is_some_and(|ending| ending == "svg")
}
