// The index page of a frontend that has a Vite build but no page of its own.
// Invariant: every reference is relative, so that the page works at the root of an origin and below a path.

import type { ViteBuild } from './vite-manifest.ts'

/** A page with `<div id="app">`, the entry of the build, and its style sheets. */
export function generateIndex(build: ViteBuild, entry: string, title: string): string {
  const isStyle = entry.endsWith('.css')
  const styles = isStyle ? [...build.css, entry] : build.css
  const lines = [
    '<!doctype html>',
    '<html>',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title>`,
    ...styles.map((path) => `<link rel="stylesheet" crossorigin href="${address(path)}">`),
    ...build.preload.map((path) => `<link rel="modulepreload" crossorigin href="${address(path)}">`),
    ...(isStyle ? [] : [`<script type="module" crossorigin src="${address(entry)}"></script>`]),
    '</head>',
    '<body>',
    '<div id="app"></div>',
    '</body>',
    '</html>',
    '',
  ]
  return lines.join('\n')
}

function address(path: string): string {
  return `./${escapeHtml(path.split('/').map(encodeURIComponent).join('/'))}`
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
