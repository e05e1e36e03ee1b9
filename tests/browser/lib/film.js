// What a camera sees: labels held before it, one after the other, as a film that Chromium plays in place of one.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { prepareZXingModule, writeBarcode } from 'zxing-wasm/writer';

const STILLS = 3; // of each label, no two alike
const REPEATED = 14; // frames of each still, of thirty a second
const GAP = 10; // frames of nothing between two labels

prepareZXingModule({
  overrides: { wasmBinary: readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/writer/zxing_writer.wasm')) },
});

// A symbol of any text, as a picture.
export async function symbolOf(text) {
  const { svg } = await writeBarcode(text, { format: 'QRCode', scale: 6 });
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}

// The label that the program prints, as a picture.
export function labelOf(register, number, ...more) {
  const file = join(register.home, `${number}.png`);
  register.tagbook('label', number, '--stock', 'brother-dk-11209', '--format', 'png', '--output', file, '--no-commit', ...more);
  return `data:image/png;base64,${readFileSync(file).toString('base64')}`;
}

// The flags with which Chromium sees these pictures again and again.
export async function camera(browser, folder, pictures) {
  const page = await browser.newPage();
  const parts = [];
  for (const [place, picture] of [...pictures, null].entries()) {
    const stills = await page.evaluate(draw, { picture, place, stills: picture ? STILLS : 1 });
    for (const still of stills) parts.push(...Array.from({ length: picture ? REPEATED : GAP }, () => Buffer.from(still, 'base64')));
  }
  await page.close();
  const file = join(folder, 'camera.mjpeg');
  writeFileSync(file, Buffer.concat(parts));
  return ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${file}`];
}

// In the browser: a label, a little turned, on a table that is not clean.
async function draw({ picture, place, stills }) {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
  const brush = canvas.getContext('2d');
  const image = new Image();
  if (picture) image.src = picture;
  if (picture) await image.decode();
  const drawn = [];
  for (let still = 0; still < stills; still += 1) {
    brush.setTransform(1, 0, 0, 1, 0, 0);
    brush.fillStyle = '#8a7a66';
    brush.fillRect(0, 0, 640, 480);
    for (let mark = 0; mark < 900; mark += 1) {
      brush.fillStyle = `hsl(30 20% ${25 + ((mark * 37 + still * 11 + place * 5) % 45)}%)`;
      brush.fillRect((mark * 7919 + still * 131) % 640, (mark * 104729 + place * 17) % 480, 9, 5);
    }
    if (picture) {
      const size = Math.min(460 / image.width, 330 / image.height);
      brush.translate(320 + still * 6, 240 - still * 4);
      brush.rotate(((place % 5) * 9 - 16 + still) * Math.PI / 180);
      brush.drawImage(image, -image.width * size / 2, -image.height * size / 2, image.width * size, image.height * size);
    }
    drawn.push(canvas.toDataURL('image/jpeg', 0.8).split(',')[1]);
  }
  return drawn;
}
