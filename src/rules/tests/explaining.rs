//! What is said to people and machines.

use super::*;

#[test]
fn an_explanation_reads_like_a_colleagues_answer() {
    let mut quiz = outcome("QUIZ", "17", "20");
    quiz.assessment.name = Some("Final quiz".to_owned());
    quiz.course.name = Some("Workplace Safety 101".to_owned());
    let mut letter = outcome("ESSAY", "3", "4");
    letter.score.as_mut().unwrap().text = Some("B".to_owned());
    let rule = Rule::All(vec![
        asks("QUIZ", percent("70")),
        asks("REPORT", Threshold::Points("60".parse().unwrap())),
        Rule::AtLeast {
            count: 2,
            of: vec![
                asks("ESSAY", Threshold::OneOf(vec!["A".to_owned(), "A-".to_owned()])),
                asks("ORAL", Threshold::Passed),
                asks("LAB", Threshold::Points("60".parse().unwrap())),
            ],
        },
    ]);
    let oral = withheld(outcome("ORAL", "55", "100"), Withheld::NotPosted);
    let decision = judge(&rule, &[quiz, letter, oral, outcome("LAB", "55.5", "100")]);
    insta::assert_snapshot!(decision.explanation, @r"
    no: all of these
      yes: Final quiz in Workplace Safety 101 (moodle): at least 70 %; found: 85 %
      no: REPORT in WS101 (moodle): at least 60 points; found: no result yet
      no: at least 2 of these 3
        no: ESSAY in WS101 (moodle): one of the grades A, A-; found: “B”
        no: ORAL in WS101 (moodle): passed; found: not posted yet
        no: LAB in WS101 (moodle): at least 60 points; found: 55.5 of 100 points
    ");
    insta::assert_snapshot!(decision.explanation.lacks(), @"REPORT in WS101 (moodle): at least 60 points, but found no result yet; ESSAY in WS101 (moodle): one of the grades A, A-, but found “B”; ORAL in WS101 (moodle): passed, but found not posted yet; LAB in WS101 (moodle): at least 60 points, but found 55.5 of 100 points");
    assert!(decision.evidence.is_empty());
}
