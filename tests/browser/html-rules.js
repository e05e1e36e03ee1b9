// What html-validate checks: its recommended set, whole. A rule is tuned only where it is a matter of style, with the reason beside it.
export const HTML_RULES = {
  root: true,
  extends: ['html-validate:recommended'],
  elements: ['html5'],
  rules: {
    // Blank space at a line's end comes from templates and is no fault of the page.
    'no-trailing-whitespace': 'off',
    // Titles carry names as people wrote them, however long.
    'long-title': 'off',
    // `<br>` and `<br/>` are the same element.
    'void-style': 'off',
    // Quotes may be single where the value holds double ones.
    'attr-quotes': 'off',
    // A bare `>` or quote in text is valid HTML.
    'no-raw-characters': ['error', { relaxed: true }],
    // Numbers of people are shown as they were typed; spaces in them are theirs.
    'tel-non-breaking': 'off',
  },
};
