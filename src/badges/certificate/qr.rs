//! The QR code (ISO/IEC 18004).

use std::fmt::Write as _;

use qrcodegen::QrCodeEcc;

use crate::badges::bake::BakeError;

/// A path of unit squares, and how many of them lie along one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrCode {
    /// The path, as SVG writes it.
    pub path: String,
    /// Squares along one side.
    pub modules: u16,
}

/// The text as a code of which a seventh may be damaged (level M).
///
/// # Errors
/// When it is too long for one.
pub fn qr_code(text: &str) -> Result<QrCode, BakeError> {
    let code = qrcodegen::QrCode::encode_text(text, QrCodeEcc::Medium)
        .map_err(|_| BakeError("the address is too long for a QR code".to_owned()))?;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            // Squares side by side are one rectangle: no gaps where they meet.
            let run = (x..code.size()).take_while(|x| code.get_module(*x, y)).count();
            if run > 0 {
                let _ = write!(path, "M{x} {y}h{run}v1h-{run}z");
            }
            x += i32::try_from(run).unwrap_or(0) + 1;
        }
    }
    Ok(QrCode { path, modules: u16::try_from(code.size()).unwrap_or(0) })
}
