//! Invented people: Swedish in look, nobody in truth.
//!
//! Family names are put together from words for places that make no real name, and every address
//! is below `example.com`, which belongs to nobody. Names come with and without a comma, addresses
//! are missing, empty or shared by a household of two, as the manuals of VAKA allow.

use fastrand::Rng;
use serde::Serialize;
use uuid::Uuid;

const FIRST_NAMES: [&str; 24] = [
    "Alva", "Birk", "Cajsa", "Didrik", "Ebba", "Folke", "Göta", "Hedda", "Ivar", "Jorun", "Knut", "Linnéa", "Måns",
    "Nanna", "Orvar", "Pärla", "Ragna", "Sixten", "Tuva", "Ulrik", "Vidar", "Ylva", "Åke", "Örjan",
];
const NAME_BEGINNINGS: [&str; 16] = [
    "Björk", "Dimm", "Ek", "Fjäll", "Gran", "Hassel", "Is", "Ljung", "Mull", "Näver", "Räv", "Sjö", "Tjärn", "Uggle",
    "Vass", "Älv",
];
const NAME_ENDINGS: [&str; 12] =
    ["backe", "dunge", "glänta", "hamra", "kulle", "lada", "mosse", "näset", "rova", "stubbe", "tuva", "vret"];

/// Users for each group, on average.
const USERS_A_GROUP: usize = 40;

/// One user as VAKA Online lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The user's id in its system.
    pub user_id: Uuid,
    /// One string, with or without a comma.
    pub name: String,
    /// Null, empty, shared or the user's own.
    pub email: Option<String>,
    /// The user's group.
    pub user_group_id: Option<Uuid>,
}

impl User {
    /// A user with a new id, an address of its own and no group.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let user_id = Uuid::new_v4();
        let email = Some(format!("{}@example.com", user_id.simple()));
        Self { user_id, name: name.to_owned(), email, user_group_id: None }
    }

    /// The same user with this address.
    #[must_use]
    pub fn with_email(self, email: Option<&str>) -> Self {
        Self { email: email.map(str::to_owned), ..self }
    }

    /// The same user in this group.
    #[must_use]
    pub fn in_group(self, group: Uuid) -> Self {
        Self { user_group_id: Some(group), ..self }
    }
}

/// One user group as VAKA Online lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// The group's id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The apartment, as the house numbers it.
    pub apartment_id: Option<String>,
    /// The landlord's reference.
    pub reference_id: Option<String>,
    /// The system it belongs to.
    pub device_id: Uuid,
}

/// This many people and their groups; the same arguments, the same people.
pub(super) fn invent(device: Uuid, count: usize, seed: u64) -> (Vec<User>, Vec<Group>) {
    let mut rng = Rng::with_seed(seed);
    let groups: Vec<Group> = (0..count.div_ceil(USERS_A_GROUP)).map(|number| group(device, number, &mut rng)).collect();
    let mut users: Vec<User> = Vec::with_capacity(count);
    for number in 0..count {
        let shared = users.last().filter(|_| number % 10 == 9).and_then(|neighbour| neighbour.email.clone());
        users.push(user(number, shared, &groups, &mut rng));
    }
    (users, groups)
}

fn user(number: usize, shared_email: Option<String>, groups: &[Group], rng: &mut Rng) -> User {
    let first = FIRST_NAMES[rng.usize(..FIRST_NAMES.len())];
    let last = family_name(rng);
    let email = match number % 20 {
        3 => None,
        7 => Some(String::new()),
        _ => Some(shared_email.unwrap_or_else(|| format!("boende{number}@example.com"))),
    };
    let user_group_id = groups.get(rng.usize(..groups.len().max(1))).filter(|_| rng.u8(..10) < 7).map(|group| group.id);
    // The English manual writes a comma, the Swedish one does not.
    let name = if rng.bool() { format!("{last}, {first}") } else { format!("{last} {first}") };
    User { user_id: id(rng), name, email, user_group_id }
}

fn group(device: Uuid, number: usize, rng: &mut Rng) -> Group {
    Group {
        id: id(rng),
        name: format!("Trapphus {}", number + 1),
        apartment_id: Some(format!("{:04}", 1001 + number)),
        reference_id: rng.bool().then(|| format!("REF-{number:05}")),
        device_id: device,
    }
}

/// Gives exactly `n` users, or all if there are fewer, a first name that they did not have.
pub(super) fn change(users: &mut [User], n: usize) -> Vec<Uuid> {
    let count = users.len();
    let chosen = n.min(count);
    // Spread over the whole list, so that every page and chunk has some.
    let mut changed = Vec::with_capacity(chosen);
    for turn in 0..chosen {
        let user = &mut users[turn * count / chosen];
        user.name = renamed(&user.name);
        changed.push(user.user_id);
    }
    changed
}

fn renamed(name: &str) -> String {
    let (before, first) = name.rsplit_once(' ').unwrap_or(("", name));
    let position = FIRST_NAMES.iter().position(|known| *known == first);
    let next = FIRST_NAMES[position.map_or(0, |found| (found + 1) % FIRST_NAMES.len())];
    if before.is_empty() { format!("{name} {next}") } else { format!("{before} {next}") }
}

fn family_name(rng: &mut Rng) -> String {
    let beginning = NAME_BEGINNINGS[rng.usize(..NAME_BEGINNINGS.len())];
    let ending = NAME_ENDINGS[rng.usize(..NAME_ENDINGS.len())];
    format!("{beginning}{ending}")
}

fn id(rng: &mut Rng) -> Uuid {
    uuid::Builder::from_random_bytes(rng.u128(..).to_be_bytes()).into_uuid()
}
