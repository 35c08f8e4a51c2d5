//! Criteria are Markdown: shown as HTML that cannot do anything.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

/// Markdown as HTML. Markup in the text stays text, images become their description, links
/// lead to the web only, and headings stay below those of the page.
pub(super) fn html(markdown: &str) -> String {
    let mut images = 0_u32;
    let mut links = Vec::new();
    let events = Parser::new_ext(markdown, Options::empty()).filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::Image { .. }) => {
            images += 1;
            None
        }
        Event::End(TagEnd::Image) => {
            images = images.saturating_sub(1);
            None
        }
        Event::Start(Tag::Link { ref dest_url, .. }) => {
            let safe = images == 0 && web_address(dest_url).is_some();
            links.push(safe);
            safe.then_some(event)
        }
        Event::End(TagEnd::Link) => links.pop().unwrap_or(false).then_some(event),
        Event::Start(Tag::HtmlBlock | Tag::Heading { .. }) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock | TagEnd::Heading(_)) => Some(Event::End(TagEnd::Paragraph)),
        other => Some(other),
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    out
}

/// The address, if it is one that a page may link to.
pub(super) fn web_address(text: &str) -> Option<String> {
    let url = url::Url::parse(text).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_emphasis_and_links_are_shown() {
        insta::assert_snapshot!(html("# Passed\n\nWith *at least* **70%** in the [quiz](https://example.test/q?a=1&b=2):\n\n- one\n- two\n"), @r#"
        <p>Passed</p>
        <p>With <em>at least</em> <strong>70%</strong> in the <a href="https://example.test/q?a=1&amp;b=2">quiz</a>:</p>
        <ul>
        <li>one</li>
        <li>two</li>
        </ul>
        "#);
    }

    #[test]
    fn markup_scripts_and_images_are_harmless() {
        let hostile = [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "<javascript:alert(1)>",
            "![x](https://example.test/track.png)",
            "[![x](https://example.test/y.png)](https://example.test/)",
            "![a [b](https://example.test/) c](https://example.test/y.png)",
            "[a](<https://example.test/\" onclick=\"alert(1)>)",
            "<div>\n\n<svg onload=alert(1)>\n",
        ];
        for markdown in hostile {
            let html = html(markdown);
            for bad in ["<script", "<img", "<svg", "<div", "href=\"javascript", "href=\"data", "\" onclick"] {
                assert!(!html.to_lowercase().contains(bad), "{markdown} -> {html}");
            }
            assert_eq!(html.matches("<a ").count(), html.matches("</a>").count(), "{html}");
        }
    }
}
