//! What people do in a semester, drawn at random; what it does to the gradebooks, and what is told
//! of it.

use accolade::demo::sandbox::Sandbox;
use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::campus::{
    Account, BLACKBOARD_COURSE, Campus, Human, Lms, Part, Place, State, blackboard_column, canvas_assignment,
    canvas_course, enrol, exact, moodle_course, moodle_item, name, thousandths,
};
use super::rules::{Badge, any_badges};
use super::webhooks::{Event, Form, Webhook, seconds};

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
        let items = if named.is_empty() || self.at % 8 == 0 { items } else { named };
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

struct Doer<'a> {
    sandbox: &'a Sandbox,
    account: Account,
    place: Place,
    now: DateTime<Utc>,
    number: usize,
}

impl Doer<'_> {
    fn done(&self, story: impl Into<String>, webhooks: Vec<Webhook>) -> Done {
        Done { story: story.into(), webhooks, concerns: vec![self.account] }
    }

    fn event(&self, score: Option<i64>) -> Event {
        let (account, place, at) = (self.account, self.place, self.now);
        Event { account, place, score, muted: false, deleted: false, at }
    }

    fn tell(&self, event: Event) -> Vec<Webhook> {
        event.webhook(self.number).into_iter().collect()
    }

    /// Moodle tells of a total, too.
    fn tell_with_total(&self, event: Event) -> Vec<Webhook> {
        let mut webhooks = self.tell(event);
        if self.account.lms == Lms::Moodle {
            let total = Place { part: Part::Total, ..self.place };
            let score = self.moodle_total();
            let event = Event { place: total, score, deleted: false, ..event };
            webhooks.extend(event.webhook(self.number));
        }
        webhooks
    }

    /// Computes Moodle's total anew: the mean of what is graded, in percent with two places.
    fn moodle_total(&self) -> Option<i64> {
        let (number, course) = (self.account.number(), self.place.course);
        let mut moodle = self.sandbox.moodle.lock();
        let of = |item: usize| {
            let grade = moodle
                .course(moodle_course(course))?
                .grades
                .get(&(number, moodle_item(course, Part::Item(item))))?;
            Some(exact(grade.raw?) * 100 / Lms::Moodle.items()[item])
        };
        let percents: Vec<i64> = (0..Lms::Moodle.items().len()).filter_map(of).collect();
        let count = i64::try_from(percents.len()).unwrap();
        let total = (count > 0).then(|| percents.iter().sum::<i64>() / count / 10 * 10);
        let item = moodle_item(course, Part::Total);
        moodle.grade(number, item, total.map(thousandths), self.now.timestamp());
        total
    }

    /// Whether there is somebody to be graded.
    fn is_here(&self) -> bool {
        let (number, id) = (self.account.number(), self.account.id());
        match self.account.lms {
            Lms::Moodle => {
                let moodle = self.sandbox.moodle.lock();
                moodle
                    .course(moodle_course(self.place.course))
                    .is_some_and(|course| course.learners.contains(&number))
            }
            Lms::Canvas => {
                let mut canvas = self.sandbox.canvas.lock();
                let exists = canvas.user(number).is_some();
                let Part::Item(item) = self.place.part else { return false };
                exists && canvas.submission_to(canvas_assignment(self.place.course, item), number).is_some()
            }
            Lms::Blackboard => self.sandbox.blackboard.lock().user(&id).is_some(),
            Lms::Forms => true,
        }
    }

    fn grade(&self, campus: &mut Campus, score: i64) -> Done {
        if !self.is_here() {
            return Done::default();
        }
        let (number, id) = (self.account.number(), self.account.id());
        let Part::Item(item) = self.place.part else { return Done::default() };
        let (course, points) = (self.place.course, thousandths(score));
        let story = format!("graded {points} of {}", self.place.points());
        match self.account.lms {
            Lms::Moodle => {
                let item = moodle_item(course, self.place.part);
                self.sandbox.moodle.lock().grade(number, item, Some(points), self.now.timestamp());
                self.done(story, self.tell_with_total(self.event(Some(score))))
            }
            Lms::Canvas => {
                let mut canvas = self.sandbox.canvas.lock();
                let assignment = canvas_assignment(course, item);
                // The second assignment of a course is posted by hand.
                let posts = item == 0;
                let mut muted = false;
                if let Some(submission) = canvas.submission_to(assignment, number) {
                    submission.score = Some(points);
                    submission.graded_at = seconds(self.now);
                    if posts && submission.posted_at.is_none() {
                        submission.posted_at = Some(seconds(self.now));
                    }
                    muted = submission.posted_at.is_none();
                }
                drop(canvas);
                self.done(story, self.tell(Event { muted, ..self.event(Some(score)) }))
            }
            Lms::Blackboard => {
                let column = blackboard_column(self.place.part);
                self.sandbox.blackboard.lock().set(&column, &id, Some(points), Some(seconds(self.now)));
                self.done(story, self.tell(self.event(Some(score))))
            }
            Lms::Forms => {
                let max = self.place.points() * 1_000;
                let passed = (score % 2_000 == 0).then_some(score * 2 >= max);
                let form = Form {
                    human: self.account.human,
                    item,
                    given: score,
                    max,
                    passed,
                    at: self.now,
                    name: name(self.account.human),
                    email: campus.email(self.account),
                };
                self.done(story, vec![form.webhook(self.number)])
            }
        }
    }

    fn phantom(&self, score: i64) -> Done {
        if self.account.lms == Lms::Forms {
            return Done::default();
        }
        let story = format!("an event of {} points that are never stored", thousandths(score));
        self.done(story, self.tell(self.event(Some(score))))
    }

    fn delete(&self) -> Done {
        if !self.is_here() {
            return Done::default();
        }
        let (number, id) = (self.account.number(), self.account.id());
        let Part::Item(item) = self.place.part else { return Done::default() };
        let course = self.place.course;
        match self.account.lms {
            Lms::Moodle => {
                let item = moodle_item(course, self.place.part);
                self.sandbox.moodle.lock().grade(number, item, None, self.now.timestamp());
                let event = Event { deleted: true, ..self.event(None) };
                self.done("grade deleted", self.tell_with_total(event))
            }
            Lms::Canvas => {
                let mut canvas = self.sandbox.canvas.lock();
                if let Some(submission) = canvas.submission_to(canvas_assignment(course, item), number) {
                    submission.score = None;
                    submission.graded_at = seconds(self.now);
                }
                drop(canvas);
                self.done("grade deleted", self.tell(self.event(None)))
            }
            Lms::Blackboard => {
                self.sandbox.blackboard.lock().delete_in(&blackboard_column(self.place.part), &id);
                self.done("grade deleted", Vec::new())
            }
            Lms::Forms => Done::default(),
        }
    }

    fn show(&self, shown: bool) -> Done {
        let (number, id) = (self.account.number(), self.account.id());
        let Part::Item(item) = self.place.part else { return Done::default() };
        let course = self.place.course;
        let story = if shown { "released" } else { "hidden" };
        match self.account.lms {
            Lms::Moodle => {
                let mut moodle = self.sandbox.moodle.lock();
                let item = moodle_item(course, self.place.part);
                moodle.hide(number, item, !shown);
                let raw =
                    moodle.course(moodle_course(course)).and_then(|it| it.grades.get(&(number, item))?.raw);
                drop(moodle);
                let event = self.event(raw.map(exact));
                self.done(story, if raw.is_some() { self.tell(event) } else { Vec::new() })
            }
            Lms::Canvas => {
                let mut canvas = self.sandbox.canvas.lock();
                let assignment = canvas_assignment(course, item);
                let anonymous = canvas
                    .course(canvas_course(course))
                    .is_some_and(|course| course.assignments[&assignment].anonymous);
                let Some(submission) = canvas.submission_to(assignment, number).filter(|_| !anonymous) else {
                    return Done::default();
                };
                submission.posted_at = shown.then(|| seconds(self.now));
                let score = submission.score.map(exact);
                drop(canvas);
                self.done(story, self.tell(Event { muted: !shown, ..self.event(score) }))
            }
            Lms::Blackboard => {
                let mut blackboard = self.sandbox.blackboard.lock();
                let Some(grade) = blackboard.grade_in(&blackboard_column(self.place.part), &id) else {
                    return Done::default();
                };
                grade.posted = shown;
                let score = grade.score.map(exact);
                drop(blackboard);
                self.done(story, self.tell(self.event(score)))
            }
            Lms::Forms => Done::default(),
        }
    }

    fn excuse(&self, excused: bool) -> Done {
        let (number, id) = (self.account.number(), self.account.id());
        let Part::Item(item) = self.place.part else { return Done::default() };
        let story = if excused { "excused" } else { "not excused any more" };
        match self.account.lms {
            Lms::Canvas => {
                let mut canvas = self.sandbox.canvas.lock();
                let assignment = canvas_assignment(self.place.course, item);
                let Some(submission) = canvas.submission_to(assignment, number) else {
                    return Done::default();
                };
                submission.excused = excused;
                let score = submission.score.map(exact).filter(|_| !excused);
                let muted = submission.posted_at.is_none();
                drop(canvas);
                self.done(story, self.tell(Event { muted, ..self.event(score) }))
            }
            Lms::Blackboard => {
                let mut blackboard = self.sandbox.blackboard.lock();
                let Some(grade) = blackboard.grade_in(&blackboard_column(self.place.part), &id) else {
                    return Done::default();
                };
                grade.exempt = excused;
                let score = grade.score.map(exact);
                drop(blackboard);
                self.done(story, self.tell(self.event(score)))
            }
            Lms::Moodle | Lms::Forms => Done::default(),
        }
    }

    fn complete(&self, completed: bool) -> Done {
        if !self.is_here() {
            return Done::default();
        }
        let number = self.account.number();
        let story = if completed { "course completed" } else { "completion taken back" };
        match self.account.lms {
            Lms::Moodle => {
                let (mut moodle, course) = (self.sandbox.moodle.lock(), moodle_course(self.place.course));
                if completed {
                    moodle.complete(course, number, self.now.timestamp());
                } else {
                    moodle.uncomplete(course, number);
                }
            }
            Lms::Canvas if self.place.course == 0 => {
                let at = completed.then(|| seconds(self.now));
                self.sandbox.canvas.lock().complete(canvas_course(0), number, at);
            }
            _ => return Done::default(),
        }
        let event = Event { place: Place { part: Part::Completion, ..self.place }, ..self.event(None) };
        self.done(story, if completed { self.tell(event) } else { Vec::new() })
    }

    fn reset(&self, campus: &Campus) -> Done {
        match self.account.lms {
            Lms::Moodle => self.sandbox.moodle.lock().reset(moodle_course(self.place.course)),
            Lms::Canvas => self.sandbox.canvas.lock().reset(canvas_course(self.place.course)),
            Lms::Blackboard => self.sandbox.blackboard.lock().reset(BLACKBOARD_COURSE),
            Lms::Forms => return Done::default(),
        }
        Done { concerns: self.everybody(campus), ..self.done("the course is reset", Vec::new()) }
    }

    /// Every account in this LMS.
    fn everybody(&self, campus: &Campus) -> Vec<Account> {
        let all = (0..campus.humans.len()).flat_map(|human| campus.accounts(human));
        all.filter(|account| account.lms == self.account.lms).collect()
    }

    fn enrol(&self, campus: &Campus, back: bool) -> Done {
        let (number, id, course) = (self.account.number(), self.account.id(), self.place.course);
        match self.account.lms {
            Lms::Moodle => {
                let mut moodle = self.sandbox.moodle.lock();
                if moodle.user(number).is_none() {
                    return Done::default();
                }
                if back {
                    moodle.enrol(moodle_course(course), number);
                } else {
                    moodle.unenrol(moodle_course(course), number);
                }
            }
            Lms::Canvas => {
                if self.sandbox.canvas.lock().user(number).is_none() {
                    return Done::default();
                }
                if back {
                    enrol(self.sandbox, self.account, course, campus.humans[self.account.human].test);
                } else {
                    self.sandbox.canvas.lock().leave(canvas_course(course), number);
                }
            }
            Lms::Blackboard => {
                let mut blackboard = self.sandbox.blackboard.lock();
                if blackboard.user(&id).is_none() {
                    return Done::default();
                }
                blackboard.enrol(BLACKBOARD_COURSE, &id, back);
            }
            Lms::Forms => return Done::default(),
        }
        self.done(if back { "enrolled again" } else { "unenrolled" }, Vec::new())
    }

    fn delete_account(&self) -> Done {
        let (number, id) = (self.account.number(), self.account.id());
        match self.account.lms {
            Lms::Moodle => self.sandbox.moodle.lock().delete_user(number),
            Lms::Canvas => self.sandbox.canvas.lock().delete_user(number),
            Lms::Blackboard => self.sandbox.blackboard.lock().delete_user(&id),
            Lms::Forms => return Done::default(),
        }
        self.done("the account is deleted", Vec::new())
    }

    fn merge(&self, campus: &Campus) -> Done {
        let human = self.account.human;
        let spare = Account { lms: Lms::Canvas, human, spare: true };
        let main = Account { spare: false, ..spare };
        let mut canvas = self.sandbox.canvas.lock();
        if !campus.accounts(human).contains(&spare) || canvas.user(main.number()).is_none() {
            return Done::default();
        }
        canvas.merge(spare.number(), main.number());
        drop(canvas);
        let done = self.done("the spare Canvas account is merged into the other", Vec::new());
        Done { concerns: vec![spare, main], ..done }
    }

    fn change_address(&self, campus: &mut Campus) -> Done {
        let human = self.account.human;
        campus.moves[human] += 1;
        for account in campus.accounts(human) {
            if self.exists(account) {
                campus.register(self.sandbox, account);
            }
        }
        self.done("the address changes everywhere", Vec::new())
    }

    fn exists(&self, account: Account) -> bool {
        match account.lms {
            Lms::Moodle => self.sandbox.moodle.lock().user(account.number()).is_some(),
            Lms::Canvas => self.sandbox.canvas.lock().user(account.number()).is_some(),
            Lms::Blackboard => self.sandbox.blackboard.lock().user(&account.id()).is_some(),
            Lms::Forms => true,
        }
    }

    fn pass_mark(&self, campus: &Campus, tenths: i64) -> Done {
        let (Lms::Moodle, Part::Item(0)) = (self.account.lms, self.place.part) else {
            return Done::default();
        };
        let mark = thousandths(tenths * self.place.points() * 100);
        let item = moodle_item(self.place.course, self.place.part);
        self.sandbox.moodle.lock().set_pass(item, Some(mark));
        Done {
            concerns: self.everybody(campus),
            ..self.done(format!("the pass mark becomes {mark}"), Vec::new())
        }
    }

    fn curtain(&self, campus: &Campus, closed: bool) -> Done {
        match self.account.lms {
            Lms::Canvas => {
                let mut canvas = self.sandbox.canvas.lock();
                let Some(course) = canvas.course(canvas_course(self.place.course)) else {
                    return Done::default();
                };
                course.totals_hidden = closed;
            }
            Lms::Blackboard => {
                let mut blackboard = self.sandbox.blackboard.lock();
                let Some(course) = blackboard.course(BLACKBOARD_COURSE) else { return Done::default() };
                let column = course.columns.get_mut(&blackboard_column(self.place.part)).unwrap();
                column.visible = !closed;
            }
            Lms::Moodle | Lms::Forms => return Done::default(),
        }
        let what = if self.account.lms == Lms::Canvas { "totals" } else { "the column" };
        let story = format!("{what} {}", if closed { "hidden from everybody" } else { "shown to everybody" });
        Done { concerns: self.everybody(campus), ..self.done(story, Vec::new()) }
    }

    fn reveal(&self, campus: &Campus) -> Done {
        let (Lms::Canvas, Part::Item(item)) = (self.account.lms, self.place.part) else {
            return Done::default();
        };
        let mut canvas = self.sandbox.canvas.lock();
        let assignment = canvas_assignment(self.place.course, item);
        let Some(course) = canvas.course(canvas_course(self.place.course)) else { return Done::default() };
        let own = course.assignments.get_mut(&assignment).unwrap();
        if !std::mem::take(&mut own.anonymous) {
            return Done::default();
        }
        drop(canvas);
        Done { concerns: self.everybody(campus), ..self.done("names are revealed", Vec::new()) }
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

fn any_act() -> impl Strategy<Value = Act> {
    // Around the marks of rules, and now and then above all points.
    let tenths = || prop::sample::select(vec![0_i64, 3, 4, 5, 6, 7, 8, 8, 9, 9, 10, 10, 10, 11]);
    prop_oneof![
        40 => tenths().prop_map(Act::Grade),
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
        1 => tenths().prop_map(Act::PassMark),
        2 => any::<bool>().prop_map(Act::Curtain),
        2 => Just(Act::Reveal),
        3 => tenths().prop_map(Act::Phantom),
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
    let operation = (0..people, any::<u16>(), any_act(), any_told())
        .prop_map(|(human, at, act, told)| Operation { human, at: at.into(), act, told });
    let week = prop::collection::vec(operation, a_week);
    (prop::collection::vec(human, people), any_badges(4..8), prop::collection::vec(week, 3..5))
        .prop_map(|(humans, badges, weeks)| Plan { humans, badges, weeks })
}
