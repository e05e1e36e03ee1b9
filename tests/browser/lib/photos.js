// Photos as phones make them, and the forms that they come with.
import { deflateSync, crc32 } from 'node:zlib';

// 16 by 8 pixels.
export const TINY = Buffer.from('/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAARCAAIABADASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAMF/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/EABUBAQEAAAAAAAAAAAAAAAAAAAIE/8QAGhEAAQUBAAAAAAAAAAAAAAAAAAMFQUKBwf/aAAwDAQACEQMRAD8AqzgQJyJpvnT/2Q==', 'base64');

// What nobody wants in a register: where a photo was taken, and by whose phone.
export const SECRET = 'N 52.5200 E 13.4050 Benny\'s phone';

const short = (value) => Buffer.from([value >> 8, value & 255]);
const segment = (marker, contents) => Buffer.concat([Buffer.from([0xff, marker]), short(contents.length + 2), contents]);

// A photo with what a phone writes into it and behind it: how it was held (6: a quarter turn to the right), where, a film.
export function asTaken(jpeg, orientation = 6) {
  const entry = (tag, type, count, value) => Buffer.concat([short(tag), short(type), Buffer.from([0, 0, 0, count]), value]);
  const table = Buffer.concat([short(2), entry(0x0112, 3, 1, Buffer.from([0, orientation, 0, 0])), entry(0x8825, 4, 1, Buffer.from([0, 0, 0, 38])), Buffer.alloc(4)]);
  const exif = Buffer.concat([Buffer.from('Exif\0\0MM\0*\0\0\0\x08', 'latin1'), table, Buffer.from(SECRET)]);
  const comment = segment(0xfe, Buffer.from(`<script>alert('${SECRET}')</script>`));
  const film = Buffer.from(`\0\0\0\x18ftypmp42${SECRET}PK\x03\x04`, 'latin1');
  return Buffer.concat([jpeg.subarray(0, 2), segment(0xe1, exif), comment, jpeg.subarray(2), film]);
}

// Width and height as the frame of a JPEG says them.
export function pixels(jpeg) {
  for (let at = 2; at < jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2)) {
    const marker = jpeg[at + 1];
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return [jpeg.readUInt16BE(at + 7), jpeg.readUInt16BE(at + 5)];
  }
  return null;
}

const chunk = (kind, data) => {
  const body = Buffer.concat([Buffer.from(kind), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
};

// A grey PNG that says it has so many pixels, and has them where they are few.
export function png(width, height) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  const rows = width * height < 1e6 ? Buffer.alloc((width + 1) * height) : Buffer.alloc(1);
  const text = chunk('tEXt', Buffer.from(`Comment\0${SECRET}`));
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), text, chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

export const HEIC = Buffer.concat([Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), Buffer.alloc(400)]);

// A form as browsers send it: fields, then photos, each by its file's name.
export function multipart(fields, photos, field = 'photo') {
  const boundary = '----tagbookFormBoundary';
  const head = (name, file) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file === undefined ? '' : `; filename="${file}"\r\nContent-Type: image/jpeg`}\r\n\r\n`;
  const parts = [
    ...Object.entries(fields).map(([name, value]) => Buffer.from(`${head(name)}${value}\r\n`)),
    ...photos.map(([file, bytes]) => Buffer.concat([Buffer.from(head(field, file)), bytes, Buffer.from('\r\n')])),
    Buffer.from(`--${boundary}--\r\n`),
  ];
  return { type: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(parts) };
}
