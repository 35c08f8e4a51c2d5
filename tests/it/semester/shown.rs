//! What each gradebook shows of a result.

use accolade::demo::sandbox::Sandbox;

use super::campus::{
    BLACKBOARD_COURSE, Part, Place, State, blackboard_column, canvas_assignment, canvas_course, exact,
    moodle_course, moodle_item,
};

pub(super) fn moodle(sandbox: &Sandbox, number: i64, place: Place) -> Option<State> {
    let moodle = sandbox.moodle.lock();
    let course =
        moodle.course(moodle_course(place.course)).filter(|course| course.learners.contains(&number))?;
    if place.part == Part::Completion {
        let passed = Some(course.completed.contains_key(&number));
        return Some(State::Shown { score: None, passed, all_graded: false });
    }
    let id = moodle_item(place.course, place.part);
    let item = course.items.iter().find(|item| item.id == id).unwrap();
    let graded = |item: i64| course.grades.get(&(number, item)).filter(|grade| grade.raw.is_some());
    // A total tells what is hidden in it.
    let hidden = item.kind == "course"
        && course.items.iter().any(|other| graded(other.id).is_some_and(|grade| grade.hidden));
    Some(match graded(id) {
        None => State::Nothing,
        Some(grade) if grade.hidden || hidden => State::Withheld,
        Some(grade) => {
            let raw = grade.raw.unwrap();
            let others = course.items.iter().filter(|other| other.kind != "course");
            State::Shown {
                score: Some((exact(raw), exact(item.max))),
                passed: item.module.and(item.pass).map(|pass| raw >= pass),
                all_graded: others.map(|other| graded(other.id)).all(|grade| grade.is_some()),
            }
        }
    })
}

pub(super) fn canvas(sandbox: &Sandbox, number: i64, place: Place, test: bool) -> Option<State> {
    let mut canvas = sandbox.canvas.lock();
    canvas.user(number)?;
    let course = canvas.course(canvas_course(place.course)).unwrap();
    let here = course.has(number);
    if place.part == Part::Completion {
        let passed = Some(course.completed.contains_key(&number));
        return here.then_some(State::Shown { score: None, passed, all_graded: false });
    }
    if test || !here {
        return Some(State::Withheld);
    }
    let Part::Item(item) = place.part else {
        let total = course.total(number).filter(|_| !course.totals_hidden);
        let shown = |total: f64| State::Shown {
            score: Some((exact(total), 100_000)),
            passed: None,
            all_graded: false,
        };
        return Some(total.map_or(State::Withheld, shown));
    };
    let id = canvas_assignment(place.course, item);
    let assignment = &course.assignments[&id];
    Some(match course.submissions.get(&(id, number)) {
        _ if assignment.anonymous => State::Withheld,
        None => State::Nothing,
        Some(submission) if submission.excused => State::Withheld,
        Some(submission) => match (submission.score, &submission.posted_at) {
            (None, _) => State::Nothing,
            (_, None) => State::Withheld,
            (Some(score), _) => State::Shown {
                score: Some((exact(score), exact(assignment.points))),
                passed: None,
                all_graded: false,
            },
        },
    })
}

pub(super) fn blackboard(sandbox: &Sandbox, id: &str, place: Place, test: bool) -> State {
    let mut blackboard = sandbox.blackboard.lock();
    if test || place.part == Part::Completion {
        return State::Nothing;
    }
    let known = blackboard.user(id).is_some();
    let course = blackboard.course(BLACKBOARD_COURSE).unwrap();
    let here = course.has(id);
    let column = blackboard_column(place.part);
    let shown = |score: f64, max: f64| State::Shown {
        score: Some((exact(score), exact(max))),
        passed: None,
        all_graded: false,
    };
    let visible = course.columns[&column].visible;
    if place.part == Part::Total {
        return match course.total(id).filter(|_| known) {
            None => State::Nothing,
            Some(_) if !here || !visible => State::Withheld,
            Some((score, max)) => shown(score, max),
        };
    }
    match course.grade_of(&column, id).filter(|_| known) {
        None => State::Nothing,
        Some(grade) if !here || !visible || grade.exempt => State::Withheld,
        Some(grade) => match grade.score {
            None => State::Nothing,
            Some(_) if !grade.posted => State::Withheld,
            Some(score) => shown(score, course.columns[&column].possible),
        },
    }
}
