//! The outbox of the demo: what learners would receive, on a page.

use std::path::Path as FilePath;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::header;

use crate::mail::read::{ReadMail, read};

use super::Web;
use super::error::PageError;
use super::pages::{self, Frame, OutboxMail, OutboxMailPage, OutboxPage};

/// How many mails are listed.
const LISTED: usize = 200;

/// The mail's own styles, images from the web, links in the whole window; no script. May stand
/// in a frame of this site.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; form-action 'none'; \
                           frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation";

/// `GET /dev/outbox`
pub(super) async fn list(State(web): State<Web>) -> Result<Response, PageError> {
    let folder = web.site.dev_outbox.clone().ok_or(PageError::NotFound)?;
    let mails = tokio::task::spawn_blocking(move || newest(&folder))
        .await
        .map_err(|error| PageError::fault("reading the outbox ended early", &error))?;
    pages::answer(&OutboxPage { frame: Frame::of(&web.site), mails })
}

/// `GET /dev/outbox/{id}`
pub(super) async fn show(State(web): State<Web>, Path(id): Path<String>) -> Result<Response, PageError> {
    let mail = open(&web, &id).await?;
    let link = mail.text.lines().map(str::trim).find(|line| is_claim_link(line)).map(str::to_owned);
    let mut response =
        pages::answer(&OutboxMailPage { frame: Frame::of(&web.site), mail: shown(id, mail), link })?;
    let policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; \
                  base-uri 'none'; frame-ancestors 'none'";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, http::HeaderValue::from_static(policy));
    Ok(response)
}

/// `GET /dev/outbox/{id}/html`
pub(super) async fn html(State(web): State<Web>, Path(id): Path<String>) -> Result<Response, PageError> {
    let mail = open(&web, &id).await?;
    // Its links belong to the window, not to the frame.
    let html = mail.html.replacen("<head>", "<head><base target=\"_top\">", 1);
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, MAIL_POLICY)];
    Ok((headers, html).into_response())
}

fn is_claim_link(line: &str) -> bool {
    line.starts_with("http") && line.contains("/claim/")
}

async fn open(web: &Web, id: &str) -> Result<ReadMail, PageError> {
    let folder = web.site.dev_outbox.as_ref().ok_or(PageError::NotFound)?;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if id.is_empty() || id.starts_with('.') || !plain {
        return Err(PageError::NotFound);
    }
    let raw = tokio::fs::read(folder.join(format!("{id}.eml"))).await.map_err(|_| PageError::NotFound)?;
    Ok(read(&raw))
}

/// The mails of the folder, newest first; files that come and go meanwhile are left out.
fn newest(folder: &FilePath) -> Vec<OutboxMail> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.strip_suffix(".eml")?.to_owned();
            Some((entry.metadata().ok()?.modified().ok()?, id, entry.path()))
        })
        .filter(|(_, id, _)| !id.starts_with('.'))
        .collect();
    files.sort_by(|a, b| (b.0, &b.1).cmp(&(a.0, &a.1)));
    files.truncate(LISTED);
    files.into_iter().filter_map(|(_, id, path)| Some(shown(id, read(&std::fs::read(path).ok()?)))).collect()
}

fn shown(id: String, mail: ReadMail) -> OutboxMail {
    OutboxMail {
        id,
        from: mail.from,
        to: mail.to,
        subject: mail.subject,
        time: mail.date.map(|date| date.format("%-d %B %Y, %H:%M:%S UTC").to_string()).unwrap_or_default(),
        text: mail.text,
    }
}
