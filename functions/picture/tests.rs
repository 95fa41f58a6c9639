use std::collections::BTreeSet;

use image::{GenericImageView as _, Rgb, RgbImage, Rgba, RgbaImage, codecs::webp::WebPEncoder};

use super::*;

const TOO_LARGE: PictureError = PictureError::TooLarge { limit: MOST_PIXELS };

fn process(upload: &[u8]) -> Result<Picture, PictureError> {
    super::process(upload, MOST_PIXELS)
}

fn noise(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let seed = x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503);
        let [a, b, c, _] = seed.to_be_bytes();
        Rgb([a, b, c])
    })
}

/// Red on the left, blue on the right.
fn halves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) })
}

fn as_jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 95)).expect("encoded");
    bytes
}

fn as_png(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(PngEncoder::new(&mut bytes)).expect("encoded");
    bytes
}

fn as_webp(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(WebPEncoder::new_lossless(&mut bytes)).expect("encoded");
    bytes
}

/// EXIF with an orientation, a GPS position and a camera's name, by hand.
fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.extend(3_u16.to_le_bytes());
    tiff.extend([0x0f, 0x01, 2, 0, 12, 0, 0, 0, 68, 0, 0, 0]);
    tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    tiff.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 50, 0, 0, 0]);
    tiff.extend([0; 4]);
    tiff.extend(1_u16.to_le_bytes());
    tiff.extend([1, 0, 2, 0, 2, 0, 0, 0, b'N', 0, 0, 0]);
    tiff.extend([0; 4]);
    tiff.extend(b"SECRETCAM 1\0");
    tiff
}

/// The JPEG with segments put behind its start.
fn with_segments(jpeg: &[u8], segments: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = jpeg[..2].to_vec();
    for (code, content) in segments {
        bytes.extend([0xff, *code]);
        bytes.extend(u16::try_from(content.len() + 2).expect("short").to_be_bytes());
        bytes.extend(*content);
    }
    bytes.extend(&jpeg[2..]);
    bytes
}

/// A PNG chunk with its CRC.
fn chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let covered = [kind.as_slice(), content].concat();
    let crc = covered.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    });
    let length = u32::try_from(content.len()).expect("short");
    [&length.to_be_bytes(), covered.as_slice(), &(!crc).to_be_bytes()].concat()
}

fn chunks(png: &[u8]) -> Vec<([u8; 4], Vec<u8>)> {
    let mut rest = &png[8..];
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_be_bytes(rest[..4].try_into().expect("four")) as usize;
        chunks.push((rest[4..8].try_into().expect("four"), rest[8..8 + length].to_vec()));
        rest = &rest[12 + length..];
    }
    chunks
}

fn png_of(chunks: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(chunks.iter().flat_map(|(kind, content)| chunk(*kind, content)));
    bytes
}

fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut content = b"WEBP".to_vec();
    for (kind, bytes) in chunks {
        content.extend(*kind);
        content.extend(u32::try_from(bytes.len()).expect("short").to_le_bytes());
        content.extend(*bytes);
        content.extend(vec![0; bytes.len() % 2]);
    }
    [b"RIFF".as_slice(), &u32::try_from(content.len()).expect("short").to_le_bytes(), &content].concat()
}

/// The VP8L bitstream of a WebP file of the library's making.
fn bitstream(webp: &[u8]) -> &[u8] {
    let length = u32::from_le_bytes(webp[16..20].try_into().expect("four")) as usize;
    &webp[20..20 + length]
}

/// What came out, decoded again, after a look that it holds pixels only.
fn remade(upload: &[u8]) -> (DynamicImage, &'static str) {
    let picture = process(upload).expect("a picture");
    let bytes = picture.bytes.reveal();
    if picture.content_type == "image/png" {
        let kinds: BTreeSet<_> = chunks(bytes).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, BTreeSet::from([*b"IHDR", *b"IDAT", *b"IEND"]));
    } else {
        assert_eq!(picture.content_type, "image/jpeg");
        // Segments: JFIF's own header, tables, frame and scan; then data up to the end.
        let mut at = 2;
        while bytes[at + 1] != 0xda {
            assert!(matches!(bytes[at + 1], 0xe0 | 0xdb | 0xc0 | 0xc4), "{:x}", bytes[at + 1]);
            at += 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
        }
        assert!(bytes.ends_with(&[0xff, 0xd9]));
    }
    for trace in [b"SECRET".as_slice(), b"Exif", b"script", b"adobe"] {
        assert!(!bytes.windows(trace.len()).any(|window| window == trace));
    }
    (image::load_from_memory(bytes).expect("readable"), picture.content_type)
}

fn refused(upload: &[u8]) -> PictureError {
    process(upload).expect_err("refused")
}

#[test]
fn each_format_becomes_a_small_picture_of_the_same_shape() {
    let picture = noise(1000, 500);
    for upload in [as_jpeg(&picture), as_png(&picture.clone().into()), as_webp(&picture)] {
        let (remade, content_type) = remade(&upload);
        assert_eq!((remade.dimensions(), content_type), ((512, 256), "image/jpeg"));
    }
    assert_eq!(remade(&as_jpeg(&noise(3000, 2))).0.dimensions(), (512, 1));
}

#[test]
fn a_small_picture_keeps_its_size_and_its_colours() {
    let (small, _) = remade(&as_png(&halves(40, 20).into()));
    assert_eq!(small.dimensions(), (40, 20));
    let small = small.to_rgb8();
    assert!(small.get_pixel(3, 3).0[0] > 200 && small.get_pixel(36, 3).0[2] > 200);
}

#[test]
fn what_shows_through_stays_so_and_what_does_not_is_a_jpeg() {
    let mut picture = RgbaImage::from_pixel(600, 600, Rgba([10, 200, 30, 255]));
    assert_eq!(remade(&as_png(&picture.clone().into())).1, "image/jpeg");
    for y in 0..300 {
        for x in 0..600 {
            picture.put_pixel(x, y, Rgba([10, 200, 30, 0]));
        }
    }
    let (remade, content_type) = remade(&as_png(&picture.into()));
    assert_eq!((remade.dimensions(), content_type), ((512, 512), "image/png"));
    assert_eq!((remade.get_pixel(5, 5).0[3], remade.get_pixel(5, 500).0[3]), (0, 255));
}

#[test]
fn sixteen_bits_and_grey_are_pictures_too() {
    let grey = DynamicImage::ImageRgb8(noise(60, 60)).to_luma16();
    assert_eq!(remade(&as_png(&DynamicImage::ImageLuma16(grey))).0.dimensions(), (60, 60));
    let deep = DynamicImage::ImageRgb8(noise(60, 60)).to_rgba16();
    assert_eq!(remade(&as_png(&DynamicImage::ImageRgba16(deep))).1, "image/jpeg");
}

#[test]
fn a_turned_picture_comes_out_upright_and_its_place_does_not_come_out() {
    let exif = [b"Exif\0\0".as_slice(), &exif(6)].concat();
    let others: [(u8, &[u8]); 4] = [
        (0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>SECRET</x:xmpmeta>"),
        (0xe2, b"ICC_PROFILE\0\x01\x01SECRET"),
        (0xed, b"Photoshop 3.0\0SECRET"),
        (0xfe, b"SECRET <script>alert(1)</script>"),
    ];
    let plain = as_jpeg(&halves(100, 50));
    let upload = with_segments(&plain, &[&[(0xe1, exif.as_slice())], others.as_slice()].concat());
    assert!(upload.windows(9).any(|window| window == b"SECRETCAM"));
    let (upright, _) = remade(&upload);
    assert_eq!(upright.dimensions(), (50, 100));
    // Orientation 6: the first column is the top.
    let upright = upright.to_rgb8();
    assert!(upright.get_pixel(25, 10).0[0] > 200 && upright.get_pixel(25, 90).0[2] > 200);
    assert_eq!(remade(&plain).0.dimensions(), (100, 50));
}

#[test]
fn a_png_is_turned_and_loses_its_texts() {
    let mut parts = chunks(&as_png(&halves(100, 50).into()));
    parts.insert(1, (*b"tEXt", b"Comment\0SECRET".to_vec()));
    parts.insert(1, (*b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0SECRET".to_vec()));
    parts.insert(1, (*b"eXIf", exif(6)));
    assert_eq!(remade(&png_of(&parts)).0.dimensions(), (50, 100));
}

#[test]
fn a_webp_is_turned_and_loses_its_metadata() {
    let plain = as_webp(&halves(100, 50));
    let canvas = [0b0000_1100, 0, 0, 0, 99, 0, 0, 49, 0, 0];
    let exif = exif(6);
    let upload =
        riff(&[(b"VP8X", &canvas), (b"VP8L", bitstream(&plain)), (b"EXIF", &exif), (b"XMP ", b"SECRET")]);
    assert_eq!(remade(&upload).0.dimensions(), (50, 100));
}

#[test]
fn what_is_no_picture_of_an_allowed_kind_is_none_whatever_it_is_called() {
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    let jpeg_inside = [gif.as_slice(), &as_jpeg(&noise(10, 10))].concat();
    for content in [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>".as_slice(),
        b"<!doctype html><title>picture.png</title>",
        b"%PDF-1.7\n",
        b"PK\x03\x04",
        b"BM\x46\0\0\0\0\0",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"\0\0\0\x20ftypheic",
        b" \x89PNG\r\n\x1a\n",
        b"random bytes",
        gif,
        &jpeg_inside,
    ] {
        assert_eq!(refused(content), PictureError::NotAPicture);
    }
}

#[test]
fn a_picture_cut_off_anywhere_is_refused() {
    let picture = noise(24, 24);
    for upload in [as_jpeg(&picture), as_png(&picture.clone().into()), as_webp(&picture)] {
        assert!(process(&upload).is_ok());
        for length in 0..upload.len() {
            assert_eq!(refused(&upload[..length]), PictureError::Undecodable, "{length} of {}", upload.len());
        }
    }
}

#[test]
fn a_broken_picture_is_refused() {
    let (jpeg, png, webp) = (as_jpeg(&noise(60, 60)), as_png(&noise(60, 60).into()), as_webp(&noise(60, 60)));
    let mut flipped = png.clone();
    flipped[60] ^= 0xff;
    let no_tables: Vec<u8> = [&jpeg[..2], &jpeg[20..22], &jpeg[jpeg.len() - 2..]].concat();
    let mut no_data = chunks(&png);
    no_data.retain(|(kind, _)| kind != b"IDAT");
    let mut zero = chunks(&png);
    zero[0].1[..4].fill(0);
    let two_streams = riff(&[(b"VP8L", bitstream(&webp)), (b"VP8L", bitstream(&webp))]);
    for upload in [
        flipped,
        no_tables,
        png_of(&no_data),
        png_of(&zero),
        two_streams,
        riff(&[]),
        riff(&[(b"VP8L", b"/")]),
    ] {
        assert_eq!(refused(&upload), PictureError::Undecodable);
    }
}

#[test]
fn bytes_changed_at_random_never_panic() {
    for original in [as_jpeg(&noise(20, 20)), as_png(&noise(20, 20).into()), as_webp(&noise(20, 20))] {
        let mut remade = 0;
        for at in 0..original.len() {
            let mut upload = original.clone();
            upload[at] ^= u8::try_from(at % 255 + 1).expect("a byte");
            remade += usize::from(process(&upload).is_ok());
        }
        assert!(remade < original.len());
    }
}

#[test]
fn too_many_pixels_are_refused_by_the_header_alone() {
    let sized = |width: u32, height: u32| {
        let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
        header.extend([8, 6, 0, 0, 0]);
        png_of(&[(*b"IHDR", header), (*b"IDAT", vec![0x78, 0x9c]), (*b"IEND", Vec::new())])
    };
    for (width, height) in
        [(5000, 5001), (25_000_001, 1), (65_535, 65_535), (i32::MAX as u32, i32::MAX as u32)]
    {
        assert_eq!(refused(&sized(width, height)), TOO_LARGE);
        assert_eq!(refused(&sized(width, height)[..40]), TOO_LARGE);
    }
    assert_eq!(refused(&sized(5000, 5000)), PictureError::Undecodable);

    let mut jpeg = as_jpeg(&noise(10, 10));
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    assert_eq!(refused(&jpeg), TOO_LARGE);

    let lossy = |width: u16, height: u16| {
        [&[0x10, 0, 0, 0x9d, 1, 0x2a], width.to_le_bytes().as_slice(), &height.to_le_bytes(), &[0; 40]]
            .concat()
    };
    assert_eq!(refused(&riff(&[(b"VP8 ", &lossy(16_383, 16_383))])), TOO_LARGE);
    let canvas = [0, 0, 0, 0, 9, 0, 0, 9, 0, 0];
    assert_eq!(refused(&riff(&[(b"VP8X", &canvas), (b"VP8 ", &lossy(16_383, 16_383))])), TOO_LARGE);
    assert_eq!(
        refused(&riff(&[(b"VP8X", &canvas), (b"VP8 ", &lossy(4000, 4000))])),
        PictureError::Undecodable
    );
}

#[test]
fn data_that_expands_beyond_the_picture_does_no_harm() {
    let blank = chunks(&as_png(&RgbImage::new(4000, 4000).into()));
    let mut small = blank.clone();
    small[0].1[..8].copy_from_slice(&[0, 0, 0, 10, 0, 0, 0, 10]);
    assert!(png_of(&small).len() < 1024 * 1024);
    assert_eq!(remade(&png_of(&small)).0.dimensions(), (10, 10));
    let data = blank.iter().find(|(kind, _)| kind == b"IDAT").expect("data").1.clone();
    for (kind, name) in [(*b"iCCP", b"profile\0\0".as_slice()), (*b"zTXt", b"Comment\0\0")] {
        let mut parts = chunks(&as_png(&noise(10, 10).into()));
        parts.insert(1, (kind, [name, &data].concat()));
        assert_eq!(remade(&png_of(&parts)).0.dimensions(), (10, 10));
    }
}

#[test]
fn a_large_even_picture_within_the_limit_is_made_small() {
    let upload = as_png(&DynamicImage::new_luma8(5000, 5000));
    assert!(upload.len() < 5 * 1024 * 1024);
    assert_eq!(remade(&upload).0.dimensions(), (512, 512));
}

#[test]
fn what_follows_a_picture_does_not_come_out() {
    let picture = noise(30, 30);
    for upload in [as_jpeg(&picture), as_png(&picture.clone().into()), as_webp(&picture)] {
        for tail in [b"PK\x03\x04SECRET".as_slice(), b"<script>SECRET</script>", &upload] {
            assert_eq!(remade(&[upload.as_slice(), tail].concat()).0.dimensions(), (30, 30));
        }
    }
}

#[test]
fn a_second_frame_or_endless_passes_in_a_jpeg_are_refused() {
    let jpeg = as_jpeg(&noise(10, 10));
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame");
    let twice = [&jpeg[..frame], &jpeg[frame..frame + 19], &jpeg[frame..]].concat();
    assert_eq!(refused(&twice), PictureError::Undecodable);
    let scan = jpeg.windows(2).position(|pair| pair == [0xff, 0xda]).expect("a scan");
    let passes = [&jpeg[..jpeg.len() - 2], &jpeg[scan..jpeg.len() - 2].repeat(40), &[0xff, 0xd9]].concat();
    assert_eq!(refused(&passes), PictureError::Undecodable);
}

#[test]
fn of_an_animated_png_the_still_is_taken_and_an_animated_webp_refused() {
    let mut parts = chunks(&as_png(&halves(40, 20).into()));
    let frame = [0_u32, 40, 20, 0, 0].map(u32::to_be_bytes).concat();
    parts.insert(1, (*b"acTL", [1_u32, 0].map(u32::to_be_bytes).concat()));
    parts.insert(2, (*b"fcTL", [frame.as_slice(), &[0, 1, 0, 1, 0, 0]].concat()));
    assert_eq!(remade(&png_of(&parts)).0.dimensions(), (40, 20));
    let canvas = [0b0000_0010, 0, 0, 0, 9, 0, 0, 9, 0, 0];
    let animated = riff(&[(b"VP8X", &canvas), (b"ANIM", &[0; 6]), (b"ANMF", &[0; 24])]);
    assert_eq!(refused(&animated), PictureError::Undecodable);
}

#[tokio::test]
async fn pictures_are_made_one_at_a_time_and_each_has_its_turn() {
    let limiter = PictureLimiter::new(MOST_PIXELS);
    let upload = Bytes::from(as_jpeg(&noise(600, 600)));
    let turn = limiter.turn.acquire().await.expect("a turn");
    let waiting = tokio::spawn({
        let (limiter, upload) = (limiter.clone(), upload.clone());
        async move { limiter.process(upload).await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    drop(turn);
    assert!(waiting.await.expect("finished").is_ok());
    assert_eq!(limiter.process(Bytes::new()).await.err(), Some(PictureError::Undecodable));
    assert!(limiter.process(upload).await.is_ok());
}
/// A lossy WebP of six by four pixels, as another encoder wrote it.
const LOSSY_WEBP: [u8; 56] = [
    0x52, 0x49, 0x46, 0x46, 0x30, 0x00, 0x00, 0x00, 0x57, 0x45, 0x42, 0x50, 0x56, 0x50, 0x38, 0x20, 0x24,
    0x00, 0x00, 0x00, 0x70, 0x01, 0x00, 0x9d, 0x01, 0x2a, 0x06, 0x00, 0x04, 0x00, 0x0c, 0xc0, 0xce, 0x25,
    0xa0, 0x02, 0x74, 0x01, 0x40, 0x00, 0x00, 0xfe, 0xda, 0x26, 0x11, 0x86, 0x8d, 0x7e, 0x2e, 0xec, 0x47,
    0x19, 0x24, 0x00, 0x00, 0x00,
];

#[test]
fn a_lossy_webp_is_a_picture_and_a_header_of_another_size_makes_it_none() {
    let (plain, content_type) = remade(&LOSSY_WEBP);
    assert_eq!((plain.dimensions(), content_type), ((6, 4), "image/jpeg"));
    let stream = bitstream(&LOSSY_WEBP);
    let under = |canvas: [u8; 10]| riff(&[(b"VP8X", &canvas), (b"VP8 ", stream)]);
    assert_eq!(remade(&under([0, 0, 0, 0, 5, 0, 0, 3, 0, 0])).0.dimensions(), (6, 4));
    assert_eq!(refused(&under([0, 0, 0, 0, 6, 0, 0, 3, 0, 0])), PictureError::Undecodable);
}

#[tokio::test]
async fn fewer_pixels_can_be_allowed_than_are_ever_decoded() {
    let upload = Bytes::from(as_jpeg(&noise(60, 60)));
    let limit = 60 * 60 - 1;
    assert_eq!(
        PictureLimiter::new(limit).process(upload.clone()).await.err(),
        Some(PictureError::TooLarge { limit })
    );
    assert!(PictureLimiter::new(limit + 1).process(upload).await.is_ok());
}
