// Media types of assets by file extension: an allow-list.
// Invariant: an extension that is not listed is `application/octet-stream`, which is offered for download and never shown.

/** Served with `Content-Disposition: attachment`. */
export const UNKNOWN_TYPE = 'application/octet-stream'

/** Text, so a compressed copy pays. */
const TEXT: Readonly<Record<string, string>> = {
  html: 'text/html',
  htm: 'text/html',
  xhtml: 'application/xhtml+xml',
  css: 'text/css',
  js: 'text/javascript',
  mjs: 'text/javascript',
  cjs: 'text/javascript',
  json: 'application/json',
  jsonld: 'application/ld+json',
  geojson: 'application/geo+json',
  map: 'application/json',
  webmanifest: 'application/manifest+json',
  svg: 'image/svg+xml',
  xml: 'application/xml',
  rss: 'application/rss+xml',
  atom: 'application/atom+xml',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  ics: 'text/calendar',
  vtt: 'text/vtt',
  srt: 'application/x-subrip',
  m3u8: 'application/vnd.apple.mpegurl',
  mpd: 'application/dash+xml',
  gltf: 'model/gltf+json',
  toml: 'application/toml',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  glsl: 'text/plain',
}

/** Not text, but worth compressing. */
const PLAIN_BINARY: Readonly<Record<string, string>> = {
  wasm: 'application/wasm',
  ttf: 'font/ttf',
  otf: 'font/otf',
  eot: 'application/vnd.ms-fontobject',
  ico: 'image/x-icon',
  bmp: 'image/bmp',
  wav: 'audio/wav',
  glb: 'model/gltf-binary',
}

/** Compressed already. */
const PACKED_BINARY: Readonly<Record<string, string>> = {
  png: 'image/png',
  apng: 'image/apng',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  jxl: 'image/jxl',
  ktx2: 'image/ktx2',
  woff: 'font/woff',
  woff2: 'font/woff2',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  flac: 'audio/flac',
  oga: 'audio/ogg',
  ogg: 'audio/ogg',
  opus: 'audio/ogg',
  weba: 'audio/webm',
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  ogv: 'video/ogg',
  // A segment of a stream: browsers run no TypeScript.
  ts: 'video/mp2t',
  m4s: 'video/iso.segment',
  webm: 'video/webm',
  pdf: 'application/pdf',
  epub: 'application/epub+zip',
  zip: 'application/zip',
  gz: 'application/gzip',
}

export interface MediaType {
  /** The whole Content-Type value, charset included. */
  readonly type: string
  readonly compressible: boolean
}

/** The media type for a file name; the extension is case-insensitive. */
export function mediaTypeOf(path: string): MediaType {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  // A name that only starts with a dot (".htaccess") has no extension.
  const ending = dot > 0 ? name.slice(dot + 1).toLowerCase() : ''
  if (Object.hasOwn(TEXT, ending)) return { type: `${TEXT[ending]}; charset=utf-8`, compressible: true }
  if (Object.hasOwn(PLAIN_BINARY, ending))
    return { type: PLAIN_BINARY[ending] ?? UNKNOWN_TYPE, compressible: true }
  if (Object.hasOwn(PACKED_BINARY, ending))
    return { type: PACKED_BINARY[ending] ?? UNKNOWN_TYPE, compressible: false }
  return { type: UNKNOWN_TYPE, compressible: false }
}

/** Whether a browser shows this type as a page with its own scripts, so that `access` gates it. */
export function isPageType(type: string): boolean {
  return type.startsWith('text/html') || type.startsWith('application/xhtml+xml')
}
