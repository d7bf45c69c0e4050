//! English names of months, days and halves of the day, and the short names of zones that Java reads.

pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Monday first.
pub const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
pub const HALVES: [&str; 2] = ["AM", "PM"];
pub const ERAS: [&str; 2] = ["BC", "AD"];
pub const LONG_ERAS: [&str; 2] = ["Before Christ", "Anno Domini"];
pub const QUARTERS: [&str; 4] = ["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"];
pub const SHORT_QUARTERS: [&str; 4] = ["Q1", "Q2", "Q3", "Q4"];

/// Zone id, then the short and long names of standard time, then those of summer time. Where several zones share a name,
/// the first is read for it.
pub const ZONE_NAMES: [(&str, &str, &str, &str, &str); 13] = [
    ("America/Los_Angeles", "PST", "Pacific Standard Time", "PDT", "Pacific Daylight Time"),
    ("America/Denver", "MST", "Mountain Standard Time", "MDT", "Mountain Daylight Time"),
    ("America/Chicago", "CST", "Central Standard Time", "CDT", "Central Daylight Time"),
    ("America/New_York", "EST", "Eastern Standard Time", "EDT", "Eastern Daylight Time"),
    ("America/Anchorage", "AKST", "Alaska Standard Time", "AKDT", "Alaska Daylight Time"),
    ("Pacific/Honolulu", "HST", "Hawaii-Aleutian Standard Time", "HDT", "Hawaii-Aleutian Daylight Time"),
    ("Europe/London", "GMT", "Greenwich Mean Time", "BST", "British Summer Time"),
    ("Europe/Paris", "CET", "Central European Standard Time", "CEST", "Central European Summer Time"),
    ("Europe/Athens", "EET", "Eastern European Standard Time", "EEST", "Eastern European Summer Time"),
    ("Europe/Moscow", "MSK", "Moscow Standard Time", "MSD", "Moscow Summer Time"),
    ("Asia/Kolkata", "IST", "India Standard Time", "IST", "India Standard Time"),
    ("Asia/Tokyo", "JST", "Japan Standard Time", "JDT", "Japan Daylight Time"),
    ("Australia/Sydney", "AEST", "Australian Eastern Standard Time", "AEDT", "Australian Eastern Daylight Time"),
];
