//! The one question before something is done that cannot be taken back.

use std::io::Write as _;

use anyhow::bail;

/// Asks once; whether the answer is yes. `without` says how it is done where nobody can answer.
///
/// # Errors
/// When nobody answers.
pub(super) fn confirmed(question: &str, without: &str) -> anyhow::Result<bool> {
    print!("{question} [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    if std::io::stdin().read_line(&mut answer)? == 0 {
        println!();
        bail!("nobody answers; with {without} it is done without asking");
    }
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// A number of things.
pub(super) fn many(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}
