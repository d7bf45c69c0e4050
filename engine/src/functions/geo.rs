//! GEO_DISTANCE: the great-circle distance by the haversine formula.

use arrow_array::ArrayRef;
use arrow_array::types::Float64Type;

use super::kernels::*;
use super::{Argument, CallContext, Function, Overload};

const EARTH_RADIUS_KM: f64 = 6371.0;
const EARTH_RADIUS_MILES: f64 = 3959.0;

pub static FUNCTIONS: &[Function] = &[Function::scalar(
    "geo_distance",
    "OTHER",
    "The distance of two points given in degrees, in kilometres or miles.",
    &[
        ("GEO_DISTANCE(37.4439E0, -122.1663E0, 51.5257E0, -0.1122E0)", "8634.659796579544"),
        ("GEO_DISTANCE(37.4439E0, -122.1663E0, 51.5257E0, -0.1122E0, 'miles')", "5365.659729188262"),
    ],
    &[
        Overload::new("lat1 DOUBLE, lon1 DOUBLE, lat2 DOUBLE, lon2 DOUBLE", "DOUBLE", distance)
            .primitive(&[0, 1, 2, 3]),
        Overload::new("lat1 DOUBLE, lon1 DOUBLE, lat2 DOUBLE, lon2 DOUBLE, units STRING", "DOUBLE", distance)
            .primitive(&[0, 1, 2, 3]),
    ],
)];

fn distance(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let degrees = [0, 1, 2, 3].map(|i| arguments[i].doubles());
    let units = arguments.get(4).map(Argument::strings);
    primitive_rows::<Float64Type>(context, |row| {
        let [lat1, lon1, lat2, lon2] = degrees.map(|d| d.at(row));
        let (lat1, lon1, lat2, lon2) = (lat1?, lon1?, lat2?, lon2?);
        let radius = earth_radius(units.and_then(|u| u.get(row)).unwrap_or(""))?;
        check_range("latitude", [lat1, lat2], 90.0)?;
        check_range("longitude", [lon1, lon2], 180.0)?;
        let [phi1, phi2] = [lat1, lat2].map(radians);
        let haversine = |angle: f64| (angle / 2.0).sin().powi(2);
        let between = haversine(radians(lat2 - lat1)) + haversine(radians(lon2 - lon1)) * phi1.cos() * phi2.cos();
        Ok(2.0 * between.sqrt().asin() * radius)
    })
}

/// Divides first, as the results of the reference need to their last digit.
fn radians(degrees: f64) -> f64 {
    degrees / 180.0 * std::f64::consts::PI
}

fn check_range(what: &str, values: [f64; 2], limit: f64) -> Result<(), String> {
    match values.iter().find(|v| v.abs() > limit) {
        Some(value) => Err(format!(
            "valid {what} values for GeoDistance are decimal degrees between -{limit} and {limit}, got {value}"
        )),
        None => Ok(()),
    }
}

fn earth_radius(unit: &str) -> Result<f64, String> {
    match unit.trim().to_ascii_lowercase().as_str() {
        "" | "km" | "kilometer" | "kilometers" | "kilometre" | "kilometres" => Ok(EARTH_RADIUS_KM),
        "mi" | "mile" | "miles" => Ok(EARTH_RADIUS_MILES),
        _ => Err(format!("GeoDistance function units parameter must be one of KM or MILE. Value was: {unit}")),
    }
}
