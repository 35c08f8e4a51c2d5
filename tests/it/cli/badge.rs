//! Looking at badges before learners do.

use super::{BADGE, Folder};

#[test]
fn a_badge_is_rendered_without_a_server() {
    let folder = Folder::new(None);
    let draft = folder.folder.path().join("draft");
    std::fs::create_dir(&draft).unwrap();
    let drawn = format!("{BADGE}[image]\ntemplate = \"shield\"\ncolor = \"#b91c1c\"\n");
    std::fs::write(draft.join("first-aid.toml"), &drawn).unwrap();
    let mut said = folder.run("badge render first-aid --out look.png");
    said += &folder.run("badge render first-aid --badges draft --out look.gif");
    said += &folder.run("badge render last-aid --badges draft --out look.png");
    said += &folder.run("badge render first-aid --badges draft --out look.png --width 240");
    said += &folder.run("badge render first-aid --badges draft --out look.svg");
    std::fs::write(draft.join("first-aid.toml"), drawn.replace("shield", "sheild")).unwrap();
    said += &folder.run("badge render first-aid --badges draft --out look.svg");
    insta::assert_snapshot!(said, @r"
    $ accolade badge render first-aid --out look.png
    accolade: “first-aid” has no image: put first-aid.svg or .png beside its file, or write a table [image]
    (1)
    $ accolade badge render first-aid --badges draft --out look.gif
    accolade: look.gif: end the file's name with .svg or .png
    (1)
    $ accolade badge render last-aid --badges draft --out look.png
    accolade: there is no badge “last-aid”; the badges are: first-aid
    (1)
    $ accolade badge render first-aid --badges draft --out look.png --width 240
    look.png
    (0)
    $ accolade badge render first-aid --badges draft --out look.svg
    look.svg
    (0)
    $ accolade badge render first-aid --badges draft --out look.svg
    accolade: draft/first-aid.toml:11: `image.template`: possible is `shield`, `circle`, `hexagon` or `ribbon`, or the name of an .svg file in the folder of badges
    (1)
    ");
    let png = std::fs::read(folder.folder.path().join("look.png")).unwrap();
    let size = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!((&png[1..4], size(16), size(20)), (&b"PNG"[..], 240, 240));
    let svg = std::fs::read_to_string(folder.folder.path().join("look.svg")).unwrap();
    assert!(
        svg.contains("<title id=\"first-aid-title\">First Aid</title>") && svg.contains("#b91c1c"),
        "{svg}"
    );
    assert!(!folder.database().exists());
}
