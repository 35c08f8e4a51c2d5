//! Events in the IMS Caliper 1.1 format: an envelope with a list of events.

use serde_json::Value;

use super::Event;
use super::detail::{Detail, Told, What};
use super::ids::Id;
use super::read::{at, decimal, id, text, time};

/// Where Canvas keeps its own members in a Caliper entity.
const CANVAS: [&str; 2] = ["extensions", "com.instructure.canvas"];
/// The entities of an event whose extensions may name the root account.
const ENTITIES: [&[&str]; 5] = [&["actor"], &[], &["object"], &["group"], &["edApp"]];

/// Whether this is a Caliper envelope.
pub(super) fn is_envelope(event: &Value) -> bool {
    at(event, &["data"]).is_array()
}

/// The events of an envelope.
pub(super) fn events(envelope: &Value) -> impl Iterator<Item = &Value> {
    at(envelope, &["data"]).as_array().into_iter().flatten()
}

/// Every root account that an event names; there should be one, and some name none.
pub(super) fn accounts(event: &Value) -> impl Iterator<Item = String> {
    ENTITIES.iter().filter_map(|entity| text(at(extensions(at(event, entity)), &["root_account_uuid"])))
}

/// Reads one event. An attempt at an assignment or a quiz is what grades are about, whatever the
/// type of the event around it.
///
/// # Errors
/// Names the member without which nobody can say whose grade it is.
pub(super) fn read(event: &Value) -> Result<Event, String> {
    let type_ = text(at(event, &["type"])).ok_or("type is missing: is this a Caliper event?")?;
    let name = match text(at(event, &["action"])) {
        Some(action) => format!("{type_} {action}"),
        None => type_.clone(),
    };
    let object = at(event, &["object"]);
    let attempt = [object, at(event, &["generated", "attempt"])]
        .into_iter()
        .find(|entity| entity.get("assignable").is_some())
        .unwrap_or(object);
    if type_ != "GradeEvent" && at(attempt, &["type"]).as_str() != Some("Attempt") {
        return Ok(Event::Ignored(format!(
            "{name}: concerns no grade; the subscription need not include it"
        )));
    }

    let course = urn(at(event, &["group"]), "course")
        .or_else(|| urn(at(event, &["membership", "organization"]), "course"));
    let assignee = urn(at(attempt, &["assignee"]), "user");
    let learner = || assignee.ok_or("object.assignee.id is missing or no Canvas user");
    let assignable = at(attempt, &["assignable"]);
    let what = if let Some(assignment) = urn(assignable, "assignment") {
        What::Submission { course, assignment, learner: learner()? }
    } else if let Some(quiz) = urn(assignable, "quiz") {
        let attempt = urn(attempt, "submission").ok_or("object.id is missing or no Canvas submission")?;
        let Some(course) = course else {
            return Ok(Event::Ignored(format!(
                "{name}: names no course; the GradeEvent that follows names it"
            )));
        };
        What::Quiz { course, quiz, attempt, learner: assignee }
    } else if type_ == "GradeEvent" {
        return Err("object.assignable.id is missing or no Canvas assignment".to_owned());
    } else {
        return Ok(Event::Ignored(format!("{name}: an attempt at neither an assignment nor a quiz")));
    };

    let generated = at(event, &["generated"]);
    let given = generated.get("scoreGiven");
    let told = Told {
        scored: given.is_some(),
        score: given.and_then(decimal),
        points_possible: decimal(at(generated, &["maxScore"])),
        muted: None,
        graded_at: None,
    };
    let home = ENTITIES
        .iter()
        .find_map(|entity| id(at(extensions(at(event, entity)), &["root_account_id"])))
        .and_then(Id::shard);
    let detail = Detail::new(what, home, told, time(at(event, &["eventTime"])));
    Ok(Event::Signal(detail.signal(&name, &identity(event, attempt))))
}

fn extensions(entity: &Value) -> &Value {
    at(entity, &CANVAS)
}

/// The id of an entity of this kind: `urn:instructure:canvas:{kind}:{id}`. Caliper lets an entity
/// be given by its id alone, too.
fn urn(entity: &Value, kind: &str) -> Option<Id> {
    let urn = entity.as_str().or_else(|| entity.get("id")?.as_str())?;
    Id::parse(urn.strip_prefix("urn:instructure:canvas:")?.strip_prefix(kind)?.strip_prefix(':')?)
}

/// The event's own id and the object; if it has none, what it tells.
fn identity(event: &Value, attempt: &Value) -> Vec<String> {
    let object = text(at(attempt, &["id"])).unwrap_or_default();
    if let Some(id) = text(at(event, &["id"])) {
        return vec![id, object];
    }
    let request = at(extensions(event), &["request_id"]);
    let score = decimal(at(event, &["generated", "scoreGiven"])).map(|score| score.to_string());
    let told = [at(event, &["eventTime"]), request, at(attempt, &["dateModified"]), at(attempt, &["count"])];
    let told = told.into_iter().map(text).chain([score]).map(Option::unwrap_or_default);
    [object].into_iter().chain(told).collect()
}
