//! What people do in a semester, drawn at random; what it does to the gradebooks, and what is told
//! of it.

use accolade::demo::sandbox::Sandbox;
use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::campus::{Account, Campus, Human, Part, Place, State, name};
use super::doing::Doer;
use super::rules::{Badge, any_badges};
use super::webhooks::{Form, Webhook};

/// A whole semester: people, badges, and what happens week after week.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) humans: Vec<Human>,
    pub(super) badges: Vec<Badge>,
    pub(super) weeks: Vec<Vec<Operation>>,
}

/// Something that somebody does, and how it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operation {
    /// Whom it concerns.
    pub(super) human: usize,
    /// Where: one of the items of the human's accounts, by turns.
    pub(super) at: usize,
    pub(super) act: Act,
    pub(super) told: Told,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Graded, or graded again: tenths of the points.
    Grade(i64),
    /// The grade is deleted.
    Delete,
    /// Hidden from the learner, or not posted any more.
    Hide,
    /// Shown, or posted.
    Release,
    Excuse,
    /// Not excused any more.
    Include,
    Complete,
    Uncomplete,
    /// The course is reset: nobody has a grade in it.
    Reset,
    /// Unenrolled, or made unavailable.
    Leave,
    /// Enrolled again.
    Return,
    /// The account is deleted.
    DeleteAccount,
    /// The spare account is merged into the other one.
    Merge,
    /// The address changes, in every LMS.
    Move,
    /// The grade to pass, in tenths of the points.
    PassMark(i64),
    /// Columns or totals are kept from everybody, or shown to them.
    Curtain(bool),
    /// Names are revealed, and grades stay unposted.
    Reveal,
    /// An event is sent of a grade that is never stored.
    Phantom(i64),
}

/// How it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Once,
    /// The webhook is lost, or there is none.
    Lost,
    Twice,
    /// At the end of the week, after what was told later.
    Late,
    /// Before the gradebook shows it.
    Early,
}

/// What an operation gave.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// For people; empty where it had no object.
    pub(super) story: String,
    pub(super) webhooks: Vec<Webhook>,
    /// The accounts of which something may be shown otherwise.
    pub(super) concerns: Vec<Account>,
}

impl Operation {
    /// The account and the item that it is about.
    ///
    /// Mostly an item of which some rule speaks.
    fn object(&self, campus: &Campus) -> Option<(Account, Place)> {
        let accounts = campus.accounts(self.human);
        let items: Vec<(Account, Place)> = accounts
            .iter()
            .flat_map(|account| {
                let here = account.courses(campus);
                let items = Place::of(account.lms)
                    .filter(move |place| matches!(place.part, Part::Item(_)) && here.contains(&place.course));
                items.map(|place| (*account, place))
            })
            .collect();
        let is_named = |place: &Place| {
            let course = |named: &Place| (named.lms, named.course) == (place.lms, place.course);
            campus
                .named
                .iter()
                .any(|named| named == place || course(named) && !matches!(named.part, Part::Item(_)))
        };
        let named: Vec<(Account, Place)> =
            items.iter().filter(|(_, place)| is_named(place)).copied().collect();
        let items = if named.is_empty() || self.at.is_multiple_of(8) { items } else { named };
        (!items.is_empty()).then(|| items[self.at / 8 % items.len()])
    }

    /// Does it. `number` is its own.
    pub(super) fn perform(
        &self,
        campus: &mut Campus,
        sandbox: &Sandbox,
        number: usize,
        now: DateTime<Utc>,
    ) -> Done {
        let Some((account, place)) = self.object(campus) else { return Done::default() };
        let doer = Doer { sandbox, account, place, now, number };
        let who = name(self.human);
        let mut done = match self.act {
            Act::Grade(tenths) => doer.grade(campus, tenths * place.points() * 100),
            Act::Phantom(tenths) => doer.phantom(tenths * place.points() * 100),
            Act::Delete => doer.delete(),
            Act::Hide | Act::Release => doer.show(self.act == Act::Release),
            Act::Excuse | Act::Include => doer.excuse(self.act == Act::Excuse),
            Act::Complete | Act::Uncomplete => doer.complete(self.act == Act::Complete),
            Act::Reset => doer.reset(campus),
            Act::Leave | Act::Return => doer.enrol(campus, self.act == Act::Return),
            Act::DeleteAccount => doer.delete_account(),
            Act::Merge => doer.merge(campus),
            Act::Move => doer.change_address(campus),
            Act::PassMark(tenths) => doer.pass_mark(campus, tenths),
            Act::Curtain(closed) => doer.curtain(campus, closed),
            Act::Reveal => doer.reveal(campus),
        };
        if !done.story.is_empty() {
            let told = match self.told {
                _ if done.webhooks.is_empty() => "",
                Told::Once => ", told at once",
                Told::Lost => ", and the webhook is lost",
                Told::Twice => ", told twice",
                Told::Late => ", told late",
                Told::Early => ", told before it shows",
            };
            done.story = format!("{who} (h{}, {place}): {}{told}", self.human, done.story);
        }
        done
    }
}

/// What the automation tool told becomes what it shows, unless it is older.
pub(super) fn told(campus: &mut Campus, form: &Form) {
    let state = State::Shown { score: Some((form.given, form.max)), passed: form.passed, all_graded: false };
    let known = campus.told.entry((form.human, form.item)).or_insert((form.at, state.clone()));
    if form.at >= known.0 {
        *known = (form.at, state);
    }
}

/// Around the marks of rules, and now and then above all points.
fn any_tenths() -> impl Strategy<Value = i64> {
    prop::sample::select(vec![0_i64, 3, 4, 5, 6, 7, 8, 8, 9, 9, 10, 10, 10, 11])
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        40 => any_tenths().prop_map(Act::Grade),
        3 => Just(Act::Delete),
        4 => Just(Act::Hide),
        5 => Just(Act::Release),
        2 => Just(Act::Excuse),
        2 => Just(Act::Include),
        4 => Just(Act::Complete),
        1 => Just(Act::Uncomplete),
        1 => Just(Act::Reset),
        2 => Just(Act::Leave),
        2 => Just(Act::Return),
        1 => Just(Act::DeleteAccount),
        1 => Just(Act::Merge),
        1 => Just(Act::Move),
        1 => any_tenths().prop_map(Act::PassMark),
        2 => any::<bool>().prop_map(Act::Curtain),
        2 => Just(Act::Reveal),
        3 => any_tenths().prop_map(Act::Phantom),
    ]
}

fn any_told() -> impl Strategy<Value = Told> {
    prop_oneof![
        6 => Just(Told::Once),
        3 => Just(Told::Lost),
        2 => Just(Told::Twice),
        2 => Just(Told::Late),
        2 => Just(Told::Early),
    ]
}

/// A semester of so many people and operations a week.
pub(super) fn any_plan(people: usize, a_week: std::ops::Range<usize>) -> impl Strategy<Value = Plan> {
    let has = prop::array::uniform4(prop::bool::weighted(0.7));
    let human =
        (has, prop::bool::weighted(0.25), prop::bool::weighted(0.06)).prop_map(|(mut has, spare, test)| {
            // Who has no account has the one in Moodle.
            has[0] |= !has.contains(&true);
            // Automation tools know no test students.
            has[3] &= !test;
            // In Moodle nobody is one.
            if test {
                has = [false, true, true, false];
            }
            Human { has, spare: spare && !test, test }
        });
    // Who is graded is now and then graded again in the same week: readings and events of the same
    // item overtake one another. Or at the same time in something else: both are read, and judged, together.
    let again = prop::option::weighted(0.15, (any_tenths(), any_told()));
    let beside = prop::option::weighted(0.15, (any::<u16>(), any_tenths()));
    let operations = (0..people, any::<u16>(), any_act(), any_told(), again, beside).prop_map(
        |(human, at, act, told, again, beside)| {
            let first = Operation { human, at: at.into(), act, told };
            let is_grade = matches!(act, Act::Grade(_));
            let second = again.filter(|_| is_grade).map(|(tenths, told)| Operation {
                act: Act::Grade(tenths),
                told,
                ..first
            });
            let beside = beside.filter(|_| is_grade).map(|(at, tenths)| Operation {
                act: Act::Grade(tenths),
                at: at.into(),
                ..first
            });
            [Some(first), beside, second].into_iter().flatten().collect::<Vec<_>>()
        },
    );
    let week = prop::collection::vec(operations, a_week).prop_map(|operations| operations.concat());
    (prop::collection::vec(human, people), any_badges(4..8), prop::collection::vec(week, 3..5))
        .prop_map(|(humans, badges, weeks)| Plan { humans, badges, weeks })
}
