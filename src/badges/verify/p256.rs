//! A compressed point of P-256 as the point that it stands for (SEC 1, section 2.3.4): Multikeys hold
//! the one, signatures are checked with the other. Public values only: it takes no care of timing.

/// The field's prime, 2^256 - 2^224 + 2^192 + 2^96 - 1 (FIPS 186-4, D.1.2.3); lowest word first.
const P: Number = [0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_ffff, 0, 0xffff_ffff_0000_0001];
/// The curve's b.
const B: Number =
    [0x3bce_3c3e_27d2_604b, 0x651d_06b0_cc53_b0f6, 0xb3eb_bd55_7698_86bc, 0x5ac6_35d8_aa3a_93e7];
/// (P + 1) / 4: a square to this power is its root, as P is 3 modulo 4.
const ROOT: Number = [0, 0x0000_0000_4000_0000, 0x4000_0000_0000_0000, 0x3fff_ffff_c000_0000];

/// 256 bits, lowest word first, less than [`P`].
type Number = [u64; 4];

/// The point `04 x y` of a point `02 x` or `03 x`; none if there is no such point.
pub(super) fn uncompressed(point: &[u8]) -> Option<Vec<u8>> {
    let (sign, x) = point.split_first().filter(|(sign, x)| matches!(sign, 2 | 3) && x.len() == 32)?;
    let x_number = read(x)?;
    if !less(&x_number, &P) {
        return None;
    }
    // y² = x³ - 3x + b
    let cube = multiply(&multiply(&x_number, &x_number), &x_number);
    let thrice = add(&add(&x_number, &x_number), &x_number);
    let square = add(&add(&cube, &negative(&thrice)), &B);
    let root = power(&square, &ROOT);
    if multiply(&root, &root) != square {
        return None;
    }
    let odd = root[0] & 1 == 1;
    let y = if odd == (*sign == 3) { root } else { negative(&root) };
    if (y[0] & 1 == 1) != (*sign == 3) {
        return None;
    }
    let mut out = vec![4];
    out.extend_from_slice(x);
    out.extend(y.iter().rev().flat_map(|word| word.to_be_bytes()));
    Some(out)
}

fn read(bytes: &[u8]) -> Option<Number> {
    let mut number = [0; 4];
    for (word, bytes) in number.iter_mut().rev().zip(bytes.chunks_exact(8)) {
        *word = u64::from_be_bytes(bytes.try_into().ok()?);
    }
    Some(number)
}

fn less(one: &Number, other: &Number) -> bool {
    one.iter().rev().lt(other.iter().rev())
}

/// The words of `one - other`, and whether that is below zero.
fn subtract(one: &Number, other: &Number) -> (Number, bool) {
    let mut out = [0; 4];
    let mut borrowed = false;
    for (out, (one, other)) in out.iter_mut().zip(one.iter().zip(other)) {
        let (difference, first) = one.overflowing_sub(*other);
        let (difference, second) = difference.overflowing_sub(u64::from(borrowed));
        (*out, borrowed) = (difference, first || second);
    }
    (out, borrowed)
}

fn add(one: &Number, other: &Number) -> Number {
    let mut sum = [0; 4];
    let mut carried = false;
    for (out, (one, other)) in sum.iter_mut().zip(one.iter().zip(other)) {
        let (total, first) = one.overflowing_add(*other);
        let (total, second) = total.overflowing_add(u64::from(carried));
        (*out, carried) = (total, first || second);
    }
    let (reduced, below) = subtract(&sum, &P);
    if carried || !below { reduced } else { sum }
}

fn negative(number: &Number) -> Number {
    if *number == [0; 4] { *number } else { subtract(&P, number).0 }
}

/// The bits of a number, highest first.
fn bits(number: &Number) -> impl Iterator<Item = bool> {
    number.iter().rev().flat_map(|word| (0..64).rev().map(move |bit| word >> bit & 1 == 1))
}

fn multiply(one: &Number, other: &Number) -> Number {
    bits(other).fold([0; 4], |product, bit| {
        let doubled = add(&product, &product);
        if bit { add(&doubled, one) } else { doubled }
    })
}

fn power(base: &Number, exponent: &Number) -> Number {
    bits(exponent).fold([1, 0, 0, 0], |result, bit| {
        let squared = multiply(&result, &result);
        if bit { multiply(&squared, base) } else { squared }
    })
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

    use super::*;

    #[test]
    fn a_point_comes_back_from_its_half() {
        let (mut even, mut odd) = (0, 0);
        for _ in 0..24 {
            let random = SystemRandom::new();
            let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
            let key =
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random).unwrap();
            let point = key.public_key().as_ref();
            let sign = 2 + (point[64] & 1);
            if sign == 2 {
                even += 1;
            } else {
                odd += 1;
            }
            let compressed = [&[sign], &point[1..33]].concat();
            assert_eq!(uncompressed(&compressed).as_deref(), Some(point));
            // The other half of the curve is another key.
            let other = uncompressed(&[&[5 - sign], &point[1..33]].concat()).unwrap();
            assert_eq!((&other[..33], other[33..] == point[33..]), (&point[..33], false));
        }
        assert!(even > 0 && odd > 0, "both signs were met: {even}, {odd}");
    }

    #[test]
    fn the_generator_is_on_the_curve() {
        let x = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
        let y = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
        let compressed = [vec![3], hex::decode(x).unwrap()].concat();
        assert_eq!(hex::encode(uncompressed(&compressed).unwrap()), format!("04{x}{y}"));
    }

    #[test]
    fn what_is_no_point_is_none() {
        let point = |sign: u8, x: [u8; 32]| [&[sign][..], &x].concat();
        let mut x = [0; 32];
        let found = (0..64_u8).filter(|last| {
            x[31] = *last;
            uncompressed(&point(2, x)).is_some()
        });
        assert!((20..45).contains(&found.count()), "about half of all numbers are an x");
        for odd in [point(4, [1; 32]), point(2, [0xff; 32]), vec![], vec![2], vec![2; 34]] {
            assert_eq!(uncompressed(&odd), None);
        }
    }
}
