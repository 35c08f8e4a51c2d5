//! The campus: people, their accounts in the LMSs, and courses. What the gradebooks show is read
//! from the sandbox itself.

use std::collections::BTreeMap;

use accolade::demo::sandbox::{
    Blackboard, BlackboardColumn, BlackboardCourse, BlackboardUser, Canvas, CanvasAssignment, CanvasCourse,
    CanvasUser, Moodle, MoodleCourse, MoodleItem, MoodleUser, Sandbox, Submission,
};
use chrono::{DateTime, Utc};

use super::shown;

/// An LMS, or the automation tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Lms {
    Moodle,
    Canvas,
    Blackboard,
    Forms,
}

impl Lms {
    pub(super) const ALL: [Self; 4] = [Self::Moodle, Self::Canvas, Self::Blackboard, Self::Forms];
    /// Those with a gradebook.
    pub(super) const BOOKS: [Self; 3] = [Self::Moodle, Self::Canvas, Self::Blackboard];

    /// The name of its source.
    pub(super) fn source(self) -> &'static str {
        match self {
            Self::Moodle => "moodle",
            Self::Canvas => "canvas",
            Self::Blackboard => "blackboard",
            Self::Forms => "forms",
        }
    }

    /// The most points of each item of each course.
    pub(super) fn items(self) -> &'static [i64] {
        match self {
            Self::Moodle => &[100, 50, 10],
            Self::Canvas => &[20, 10],
            Self::Blackboard => &[160, 40],
            Self::Forms => &[50, 10],
        }
    }

    pub(super) fn courses(self) -> usize {
        match self {
            Self::Moodle | Self::Canvas => 2,
            Self::Blackboard | Self::Forms => 1,
        }
    }
}

/// Where in a course a result stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    Item(usize),
    Total,
    Completion,
}

/// Where a result stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) lms: Lms,
    pub(super) course: usize,
    pub(super) part: Part,
}

impl Place {
    /// Every place of an LMS.
    pub(super) fn of(lms: Lms) -> impl Iterator<Item = Self> {
        (0..lms.courses()).flat_map(move |course| {
            let parts = (0..lms.items().len()).map(Part::Item).chain([Part::Total, Part::Completion]);
            parts.map(move |part| Self { lms, course, part }).filter(Self::exists)
        })
    }

    fn exists(&self) -> bool {
        match (self.part, self.lms) {
            (Part::Item(_), _)
            | (Part::Total, Lms::Moodle | Lms::Canvas | Lms::Blackboard)
            | (Part::Completion, Lms::Moodle) => true,
            (Part::Completion, Lms::Canvas) => self.course == 0,
            _ => false,
        }
    }

    /// The most points.
    pub(super) fn points(&self) -> i64 {
        match self.part {
            Part::Item(item) => self.lms.items()[item],
            Part::Total if self.lms == Lms::Blackboard => self.lms.items().iter().sum(),
            _ => 100,
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (source, course) = (self.lms.source(), self.course);
        match self.part {
            Part::Item(item) => write!(f, "{source}/{course}/{item}"),
            Part::Total => write!(f, "{source}/{course}/total"),
            Part::Completion => write!(f, "{source}/{course}/completion"),
        }
    }
}

/// An account of somebody. A spare one is a second account in Canvas, with another address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Account {
    pub(super) lms: Lms,
    pub(super) human: usize,
    pub(super) spare: bool,
}

impl Account {
    /// Its number in the LMS.
    pub(super) fn number(&self) -> i64 {
        let human = i64::try_from(self.human).unwrap();
        match (self.lms, self.spare) {
            (Lms::Canvas, true) => 200_000 + human,
            (Lms::Canvas, false) => 100_000 + human,
            _ => 10_000 + human,
        }
    }

    /// Its id in the LMS.
    pub(super) fn id(&self) -> String {
        match self.lms {
            Lms::Blackboard => format!("_{}_1", self.number()),
            Lms::Forms => format!("f-{}", self.number()),
            _ => self.number().to_string(),
        }
    }

    /// The courses it is in at the begin: of two accounts in Canvas each has one.
    pub(super) fn courses(&self, campus: &Campus) -> Vec<usize> {
        let all = 0..self.lms.courses();
        match (self.lms, campus.humans[self.human].spare) {
            (Lms::Canvas, true) => all.filter(|course| (*course == 1) == self.spare).collect(),
            _ => all.collect(),
        }
    }
}

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Human {
    /// In which LMSs they have an account, in the order of [`Lms::ALL`].
    pub(super) has: [bool; 4],
    /// Whether they have a second account in Canvas.
    pub(super) spare: bool,
    /// Whether they only try courses out.
    pub(super) test: bool,
}

/// What a gradebook shows of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Not graded, never or not any more.
    Nothing,
    /// Hidden, not posted, excused, anonymous, of somebody who has left.
    Withheld,
    /// This, in thousandths of a point: given and possible.
    Shown { score: Option<(i64, i64)>, passed: Option<bool>, all_graded: bool },
}

/// The campus.
#[derive(Debug, Clone)]
pub(super) struct Campus {
    pub(super) humans: Vec<Human>,
    /// The places of which rules speak.
    pub(super) named: Vec<Place>,
    /// How often each address changed.
    pub(super) moves: Vec<usize>,
    /// What the automation tool told last, by human and item.
    pub(super) told: BTreeMap<(usize, usize), (DateTime<Utc>, State)>,
}

pub(super) fn moodle_course(course: usize) -> i64 {
    11 + i64::try_from(course).unwrap()
}

pub(super) fn moodle_item(course: usize, part: Part) -> i64 {
    let item = match part {
        Part::Item(item) => i64::try_from(item).unwrap(),
        _ => 99,
    };
    moodle_course(course) * 100 + item
}

pub(super) fn canvas_course(course: usize) -> i64 {
    21 + i64::try_from(course).unwrap()
}

pub(super) fn canvas_assignment(course: usize, item: usize) -> i64 {
    canvas_course(course) * 100 + i64::try_from(item).unwrap()
}

pub(super) const BLACKBOARD_COURSE: &str = "_31_1";

pub(super) fn blackboard_column(part: Part) -> String {
    match part {
        Part::Item(item) => format!("_310{item}_1"),
        _ => "_3109_1".to_owned(),
    }
}

const FIRST: [&str; 12] =
    ["Ada", "Bela", "Chidi", "Dana", "Emre", "Freya", "Goran", "Hana", "Ines", "Jonas", "Keiko", "Lars"];
const LAST: [&str; 11] =
    ["Abel", "Berg", "Costa", "Demir", "Endo", "Farkas", "Gomes", "Haas", "Ito", "Jansen", "Kaya"];

/// The spoken name of somebody.
pub(super) fn name(human: usize) -> String {
    let name = format!("{} {}", FIRST[human % FIRST.len()], LAST[human % LAST.len()]);
    let round = human / (FIRST.len() * LAST.len());
    if round == 0 { name } else { format!("{name} {}", round + 1) }
}

impl Campus {
    pub(super) fn new(humans: Vec<Human>, named: Vec<Place>) -> Self {
        let moves = vec![0; humans.len()];
        Self { humans, named, moves, told: BTreeMap::new() }
    }

    /// Every account of somebody.
    pub(super) fn accounts(&self, human: usize) -> Vec<Account> {
        let who = &self.humans[human];
        let own = Lms::ALL.into_iter().zip(who.has).filter(|(_, has)| *has);
        let mut accounts: Vec<Account> = own.map(|(lms, _)| Account { lms, human, spare: false }).collect();
        if who.spare && who.has[1] {
            accounts.push(Account { lms: Lms::Canvas, human, spare: true });
        }
        accounts
    }

    pub(super) fn email(&self, account: Account) -> String {
        let (human, spare) = (account.human, account.spare);
        match self.moves[human] {
            _ if spare => format!("h{human}@private.test"),
            0 => format!("h{human}@example.test"),
            moves => format!("h{human}-{moves}@example.test"),
        }
    }

    /// Empties the sandbox and puts the campus into it.
    pub(super) fn build(&self, sandbox: &Sandbox) {
        *sandbox.moodle.lock() = Moodle::default();
        *sandbox.canvas.lock() = Canvas::default();
        *sandbox.blackboard.lock() = Blackboard::default();
        open_moodle(sandbox);
        open_canvas(sandbox);
        open_blackboard(sandbox);
        for human in 0..self.humans.len() {
            for account in self.accounts(human) {
                self.register(sandbox, account);
                for course in account.courses(self) {
                    enrol(sandbox, account, course, self.humans[human].test);
                }
            }
        }
    }

    /// Puts an account into its LMS, or changes its address there.
    pub(super) fn register(&self, sandbox: &Sandbox, account: Account) {
        let (number, id, email) = (account.number(), account.id(), self.email(account));
        let full = name(account.human);
        let (given, family) = full.split_once(' ').unwrap();
        let (given, family) = (given.to_owned(), family.to_owned());
        let institution = if account.spare { String::new() } else { format!("S-{}", account.human) };
        match account.lms {
            Lms::Moodle => sandbox.moodle.lock().register(MoodleUser {
                id: number,
                user_name: format!("u{number}"),
                first_name: given,
                last_name: family,
                id_number: institution,
                email,
                suspended: false,
            }),
            Lms::Canvas => {
                let sis_id = Some(institution).filter(|id| !id.is_empty());
                sandbox.canvas.lock().register(number, CanvasUser { name: full, email: Some(email), sis_id });
            }
            Lms::Blackboard => {
                let preview = if self.humans[account.human].test { "_previewuser" } else { "" };
                let user_name = format!("u{number}{preview}");
                let user =
                    BlackboardUser { user_name, given, family, external_id: institution, email: Some(email) };
                sandbox.blackboard.lock().register(&id, user);
            }
            Lms::Forms => {}
        }
    }

    /// What the gradebook shows of an account at a place; `None` where it shows nothing of the
    /// account, so that what was known of it stays.
    pub(super) fn state(&self, sandbox: &Sandbox, account: Account, place: Place) -> Option<State> {
        match place.lms {
            Lms::Moodle => shown::moodle(sandbox, account.number(), place),
            Lms::Canvas => shown::canvas(sandbox, account.number(), place, self.humans[account.human].test),
            Lms::Blackboard => {
                Some(shown::blackboard(sandbox, &account.id(), place, self.humans[account.human].test))
            }
            Lms::Forms => {
                let Part::Item(item) = place.part else { return Some(State::Nothing) };
                let told = self.told.get(&(account.human, item));
                Some(told.map_or(State::Nothing, |(_, state)| state.clone()))
            }
        }
    }
}

fn open_moodle(sandbox: &Sandbox) {
    for course in 0..Lms::Moodle.courses() {
        let item = |(index, max): (usize, &i64)| {
            let id = moodle_item(course, Part::Item(index));
            MoodleItem {
                id,
                name: format!("Task {index}"),
                kind: if index == 2 { "manual" } else { "mod" },
                module: (index != 2).then_some(("quiz", id, id)),
                id_number: format!("M{course}-{index}"),
                max: thousandths(*max * 1_000),
                pass: (index == 0).then_some(60.0),
                ..MoodleItem::default()
            }
        };
        let mut items: Vec<MoodleItem> = Lms::Moodle.items().iter().enumerate().map(item).collect();
        items.push(MoodleItem {
            id: moodle_item(course, Part::Total),
            kind: "course",
            max: 100.0,
            ..MoodleItem::default()
        });
        sandbox.moodle.lock().open(MoodleCourse {
            id: moodle_course(course),
            short_name: format!("M{course}"),
            id_number: format!("EXT-M{course}"),
            name: format!("Moodle course {course}"),
            items,
            ..MoodleCourse::default()
        });
    }
}

fn open_canvas(sandbox: &Sandbox) {
    for course in 0..Lms::Canvas.courses() {
        let assignment = |(index, points): (usize, &i64)| {
            let (name, points) = (format!("Paper {index}"), thousandths(*points * 1_000));
            // Graded anonymously until somebody reveals it.
            let anonymous = course == 1 && index == 1;
            (canvas_assignment(course, index), CanvasAssignment { name, points, anonymous })
        };
        sandbox.canvas.lock().open(CanvasCourse {
            id: canvas_course(course),
            name: format!("Canvas course {course}"),
            code: format!("C{course}"),
            sis_id: format!("SIS-C{course}"),
            has_requirements: course == 0,
            assignments: Lms::Canvas.items().iter().enumerate().map(assignment).collect(),
            page: 100,
            ..CanvasCourse::default()
        });
    }
}

fn open_blackboard(sandbox: &Sandbox) {
    let column = |name: &str, possible: i64, total| BlackboardColumn {
        name: name.to_owned(),
        possible: thousandths(possible * 1_000),
        visible: true,
        total,
    };
    let items = Lms::Blackboard.items();
    let mut columns: BTreeMap<String, BlackboardColumn> = items
        .iter()
        .enumerate()
        .map(|(index, max)| (blackboard_column(Part::Item(index)), column("Lab", *max, false)))
        .collect();
    columns.insert(blackboard_column(Part::Total), column("Overall", items.iter().sum(), true));
    sandbox.blackboard.lock().open(BlackboardCourse {
        id: BLACKBOARD_COURSE.to_owned(),
        course_id: "BB-0".to_owned(),
        name: "Blackboard course".to_owned(),
        columns,
        ..BlackboardCourse::default()
    });
}

/// Puts an account into a course.
pub(super) fn enrol(sandbox: &Sandbox, account: Account, course: usize, test: bool) {
    let number = account.number();
    match account.lms {
        Lms::Moodle => sandbox.moodle.lock().enrol(moodle_course(course), number),
        Lms::Canvas => {
            let mut canvas = sandbox.canvas.lock();
            let course_id = canvas_course(course);
            let kind = if test { "StudentViewEnrollment" } else { "StudentEnrollment" };
            canvas.enrol_as(course_id, number, kind);
            // Everybody in a course has a submission to each assignment, empty at first.
            for item in 0..Lms::Canvas.items().len() {
                let assignment = canvas_assignment(course, item);
                if canvas.submission_to(assignment, number).is_none() {
                    canvas.submit(assignment, number, Submission::default());
                }
            }
        }
        Lms::Blackboard => sandbox.blackboard.lock().enrol(BLACKBOARD_COURSE, &account.id(), true),
        Lms::Forms => {}
    }
}

/// Thousandths as a number of the gradebook.
#[allow(clippy::cast_precision_loss, reason = "grades are small")]
pub(super) fn thousandths(number: i64) -> f64 {
    number as f64 / 1_000.0
}

/// A number of the gradebook in thousandths.
#[allow(clippy::cast_possible_truncation, reason = "grades are small")]
pub(super) fn exact(number: f64) -> i64 {
    (number * 1_000.0).round() as i64
}
