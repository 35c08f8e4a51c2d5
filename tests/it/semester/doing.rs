//! What an operation does in the gradebooks, and what the LMS tells of it.

use accolade::demo::sandbox::Sandbox;
use chrono::{DateTime, Utc};

use super::campus::{
    Account, BLACKBOARD_COURSE, Campus, Lms, Part, Place, blackboard_column, canvas_assignment,
    canvas_course, enrol, exact, moodle_course, moodle_item, name, thousandths,
};
use super::operations::Done;
use super::webhooks::{Event, Form, Webhook, seconds};

/// Does things to an account at a place.
pub(super) struct Doer<'a> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) account: Account,
    pub(super) place: Place,
    pub(super) now: DateTime<Utc>,
    pub(super) number: usize,
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

    pub(super) fn grade(&self, campus: &mut Campus, score: i64) -> Done {
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

    pub(super) fn phantom(&self, score: i64) -> Done {
        if self.account.lms == Lms::Forms {
            return Done::default();
        }
        let story = format!("an event of {} points that are never stored", thousandths(score));
        self.done(story, self.tell(self.event(Some(score))))
    }

    pub(super) fn delete(&self) -> Done {
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

    pub(super) fn show(&self, shown: bool) -> Done {
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

    pub(super) fn excuse(&self, excused: bool) -> Done {
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

    pub(super) fn complete(&self, completed: bool) -> Done {
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

    pub(super) fn reset(&self, campus: &Campus) -> Done {
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

    pub(super) fn enrol(&self, campus: &Campus, back: bool) -> Done {
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

    pub(super) fn delete_account(&self) -> Done {
        let (number, id) = (self.account.number(), self.account.id());
        match self.account.lms {
            Lms::Moodle => self.sandbox.moodle.lock().delete_user(number),
            Lms::Canvas => self.sandbox.canvas.lock().delete_user(number),
            Lms::Blackboard => self.sandbox.blackboard.lock().delete_user(&id),
            Lms::Forms => return Done::default(),
        }
        self.done("the account is deleted", Vec::new())
    }

    pub(super) fn merge(&self, campus: &Campus) -> Done {
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

    pub(super) fn change_address(&self, campus: &mut Campus) -> Done {
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

    pub(super) fn pass_mark(&self, campus: &Campus, tenths: i64) -> Done {
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

    pub(super) fn curtain(&self, campus: &Campus, closed: bool) -> Done {
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

    pub(super) fn reveal(&self, campus: &Campus) -> Done {
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
