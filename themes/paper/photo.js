// What a form with photos can do with a script that it already does without: they are made smaller before they are sent.
'use strict';

(() => {
const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

// A phone's camera makes some of 8 MB, and a page shows less. What is drawn anew stands upright, and says nothing of where
// it was taken.
const MOST_BYTES = 300_000;
const TRIES = [[1600, 0.82], [1600, 0.7], [1280, 0.7], [1024, 0.6], [800, 0.5], [480, 0.4]];

const drawn = (image, width, height, cut = false) => {
  const scale = (cut ? Math.max : Math.min)(width / image.width, height / image.height, cut ? 0 : 1);
  const [wide, high] = [image.width * scale, image.height * scale].map((side) => Math.max(1, Math.round(side)));
  const canvas = make('canvas', { width: cut ? width : wide, height: cut ? height : high });
  const brush = canvas.getContext('2d');
  // What is transparent would be black.
  brush.fillStyle = '#fff';
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.drawImage(image, (canvas.width - wide) / 2, (canvas.height - high) / 2, wide, high);
  return canvas;
};

const smaller = async (file) => {
  const image = await createImageBitmap(file, { imageOrientation: 'from-image' });
  try {
    const preview = drawn(image, 192, 192, true);
    for (const [side, quality] of TRIES) {
      const blob = await new Promise((done) => drawn(image, side, side).toBlob(done, 'image/jpeg', quality));
      if (blob && blob.size <= MOST_BYTES) return { file: new File([blob], 'photo.jpg', { type: 'image/jpeg' }), preview };
    }
    return { file, preview };
  } finally {
    image.close();
  }
};

// One button takes photos, one after the other, as many as may be; each is shown, and can be left out again.
const startPhotos = (input) => {
  const most = Number(input.dataset.photos);
  const { take, more, wait, goes, drop, none } = input.dataset;
  const button = make('label', { for: input.id, class: 'take' });
  const shots = make('ul', { class: 'taken' });
  const status = make('p', { class: 'small', role: 'status' });
  const send = [...input.form.querySelectorAll('[type=submit]')];
  let photos = [];

  const show = () => {
    const files = new DataTransfer();
    for (const { file } of photos) files.items.add(file);
    input.files = files.files;
    shots.replaceChildren(...photos.map((photo) => {
      const without = make('button', { type: 'button' }, drop);
      without.addEventListener('click', () => {
        photos = photos.filter((other) => other !== photo);
        show();
        input.focus();
      });
      photo.preview?.setAttribute('role', 'img');
      photo.preview?.setAttribute('aria-label', goes);
      return make('li', {}, photo.preview ?? make('span', {}, photo.file.name), without);
    }));
    button.textContent = photos.length ? more : take;
    button.hidden = photos.length >= most;
    status.textContent = '';
  };
  const add = async () => {
    const chosen = [...input.files];
    if (chosen.length === 0) return show();
    status.textContent = wait;
    for (const each of send) each.disabled = true;
    const bad = [];
    for (const file of chosen.slice(0, most - photos.length)) {
      const photo = await smaller(file).catch(() => bad.push(file.name) && null);
      if (photo) photos.push(photo);
    }
    for (const each of send) each.disabled = false;
    show();
    // What cannot be drawn is not sent: the desk would refuse it, and the good ones with it.
    if (bad.length) status.textContent = `${bad.join(', ')}: ${none}`;
  };

  input.classList.add('unseen');
  input.after(shots, button, status);
  input.addEventListener('change', add);
  show();
  // Whoever comes back to the page finds what the browser has kept.
  if (input.files.length) add();
};

document.querySelectorAll('[data-photos]').forEach(startPhotos);
})();
