// The look of <plugbay-menu>, in colours of the page around it. Rules of the page for `::part()` count more.

export const MENU_STYLE = `
  :host { display: inline-block; position: relative }
  :host([hidden]), :host(:not(:state(filled))) { display: none !important }
  button {
    font: inherit; color: inherit; cursor: pointer;
    padding: 0.3em 0.9em; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: 0.5em;
    background: none;
  }
  button::after {
    content: ''; display: inline-block; margin-inline-start: 0.6em; inline-size: 0.4em; block-size: 0.4em;
    border: solid currentColor; border-width: 0 1.5px 1.5px 0; transform: translateY(-0.15em) rotate(45deg);
  }
  [part='list'] {
    position: absolute; z-index: 1; inset-block-start: calc(100% + 0.3em); inset-inline-start: 0;
    min-inline-size: max(100%, 12em); max-inline-size: min(24em, 90vw); inline-size: max-content;
    max-block-size: 70vh; overflow: auto; box-sizing: border-box; padding: 0.4em;
    color: CanvasText; background: Canvas;
    border: 1px solid color-mix(in srgb, CanvasText 15%, transparent); border-radius: 0.6em;
    box-shadow: 0 0.6em 1.6em -0.6em #0005;
  }
  [part='list'][hidden] { display: none }
  [part='group'] + [part='group'] {
    margin-block-start: 0.4em; padding-block-start: 0.4em;
    border-block-start: 1px solid color-mix(in srgb, CanvasText 12%, transparent);
  }
  [part='category'] {
    display: block; padding: 0.3em 0.7em; font-size: 0.8em; color: color-mix(in srgb, CanvasText 65%, transparent);
  }
  ul { list-style: none; margin: 0; padding: 0 }
  a {
    display: flex; align-items: center; gap: 0.6em; padding: 0.4em 0.6em; border-radius: 0.4em;
    color: inherit; text-decoration: none;
  }
  a span { overflow-wrap: anywhere }
  a:hover, a:focus-visible { background: color-mix(in srgb, CanvasText 8%, transparent) }
  svg {
    flex: none; inline-size: 1.15em; block-size: 1.15em;
    fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round;
  }
`
