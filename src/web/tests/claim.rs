//! The claim page.

use super::*;

#[test]
fn the_claim_page_says_what_claiming_does() {
    insta::assert_snapshot!(spoken(&claim(&view(&stored(&document())), false)), @r#"
    A badge for you
    Workplace Safety
    Awarded to
    Ada Example
    Recognises the hazards of a teaching laboratory, prevents them, and acts correctly when something happens.
    Claim this badge
    This makes a public page with your name, the badge, and what is shown below. Your e-mail
    address is not on it. You need no account. The link works until 3 December 2026.
    Issued by
    Example University
    Awarded
    3 November 2026
    Valid until
    3 November 2028
    Credits
    1.5
    Field of study
    Occupational health
    Results
    Final Quiz
    92%
    46 of 50
    passed
    Practical part
    passed
    Evidence
    Final Quiz, Workplace Safety 101
    Forty questions under supervision, graded on 3 November 2026.
    How this badge is earned
    The holder
    passed the
    final quiz
    of
    Workplace Safety 101
    with at least 70%, and
    had the practical part signed off by the laboratory’s safety officer.
    Competencies
    Apply laboratory safety rules
    Example Skills Framework · LAB-7
    Works by the written rules of the laboratory and stops work that is not safe.
    Keywords
    laboratory
    safety
    first aid
    Where to go from here
    Chemical Hazards 201
    Is something wrong here?
    If the name is not yours or a result is not right, do not claim the badge yet, and tell
    Example University.
    badges@example.edu
    This is not me
    Send mails to another address
    I do not want this badge
    "#);
}

#[test]
fn once_it_is_claimed_the_page_has_what_a_learner_wants_then() {
    let claimed = claim(&view(&stored(&document())), true);
    assert!(!claimed.contains("<form"));
    let public = format!("href=\"/credentials/{ID}");
    for ending in ["\"", ".png\"", ".svg\"", ".json\"", ".jwt\"", ".pdf\""] {
        assert!(claimed.contains(&format!("{public}{ending}")), "{ending}: {claimed}");
    }
    for step in ["hide", "address"] {
        assert!(claimed.contains(&format!("href=\"/claim/TOKEN/{step}\"")), "{step}");
    }
    assert!(claimed.contains("href=\"https://www.linkedin.com/"), "{claimed}");
    let told = format!("Its public page, to share, is <bdi>{SITE}/credentials/{ID}</bdi>.");
    assert!(claimed.contains(&told), "{claimed}");
    let held = claim(&view(&StoredCredential { suspended: true, ..stored(&document()) }), true);
    assert!(held.contains("Image (PNG)") && !held.contains("linkedin") && !held.contains(".pdf"), "{held}");
}
