//! How far mailboxes were read.

use accolade::store::ReadTo;

use super::contract;
use super::fixtures::at;

contract! {
    async fn a_mailbox_is_known_by_its_path_and_its_file(database) {
        let store = database.store().await;
        let to = |end| ReadTo { message_at: end / 2, end, tail: vec![7; 32] };
        assert_eq!(store.read_to("/m", "1:2").await.unwrap(), None);
        for (path, file, end) in [("/m", "1:2", 10), ("/m", "1:2", 5_000_000_000), ("/m", "1:3", 30), ("/n", "1:2", 40)] {
            store.note_read_to(path, file, &to(end), at(0)).await.unwrap();
        }
        assert_eq!(store.read_to("/m", "1:2").await.unwrap(), Some(to(5_000_000_000)));
        assert_eq!(store.read_to("/m", "1:3").await.unwrap(), Some(to(30)));
        assert_eq!(store.read_to("/n", "1:2").await.unwrap(), Some(to(40)));
        assert_eq!(store.read_to("/n", "1:3").await.unwrap(), None);
        // What nobody reads any more is forgotten after a while; a path is as long as it likes.
        store.note_read_to("/m", "1:3", &to(50), at(89 * 86_400)).await.unwrap();
        let long = "/é".repeat(3_000);
        store.note_read_to(&long, "1:4", &to(60), at(90 * 86_400)).await.unwrap();
        assert_eq!(store.read_to("/m", "1:2").await.unwrap(), None);
        assert_eq!(store.read_to("/m", "1:3").await.unwrap(), Some(to(50)));
        assert_eq!(store.read_to(&long, "1:4").await.unwrap(), Some(to(60)));
        assert_eq!(store.read_to(&format!("{long}."), "1:4").await.unwrap(), None);
    }
}
