// Makes root-absolute references in a page relative if they refer to the package.
// Invariant: everything but the leading "/" of such references stays, byte by byte.

import type { PagePlaces } from '../../format/artifact-format.ts'
import { scanCss } from './css-scan.ts'
import { type FrontendNames, rootFrom, splice } from './frontend-names.ts'
import { type HtmlAttribute, type HtmlScan, type HtmlTag, headPosition, scanHtml } from './html-scan.ts'

const ADDRESS_ATTRIBUTES = new Set([
  'src',
  'href',
  'xlink:href',
  'poster',
  'data',
  'action',
  'formaction',
  'background',
])
const SOURCE_SETS = new Set(['srcset', 'imagesrcset'])

export interface PageScan {
  /** The text of inline scripts, with its position. */
  readonly scripts: readonly { readonly text: string; readonly start: number }[]
  readonly places: PagePlaces
  /** The page with relative references; undefined when nothing changes. */
  readonly relative: string | undefined
}

/**
 * Reads one page. `html` holds one character per byte (latin1), so that positions are byte offsets.
 * A page in UTF-16 is left alone.
 */
export function scanPage(path: string, html: string, names: FrontendNames): PageScan {
  if (html.startsWith('\xff\xfe') || html.startsWith('\xfe\xff')) {
    return { scripts: [], places: { head: null, base: 'none' }, relative: undefined }
  }
  const scan = scanHtml(html)
  const cuts = slashes(html, scan, names).sort((a, b) => a - b)
  const root = rootFrom(path)
  return {
    scripts: scan.rawTexts
      .filter((raw) => raw.tag.name === 'script')
      .map((raw) => ({ text: html.slice(raw.start, raw.end), start: raw.start })),
    places: { head: headPosition(scan), base: baseOf(html, scan.tags) },
    relative:
      cuts.length === 0
        ? undefined
        : splice(
            html,
            cuts.map((at) => ({ at, text: root })),
          ),
  }
}

/** The style sheet with relative references; undefined when nothing changes. */
export function relativeCss(path: string, css: string, names: FrontendNames): string | undefined {
  const cuts = scanCss(css).filter(({ start, end }) => names.has(css.slice(start, end)))
  if (cuts.length === 0) return undefined
  const root = rootFrom(path)
  return splice(
    css,
    cuts.map(({ start }) => ({ at: start, text: root })),
  )
}

/** Positions of the leading slashes to replace. */
function slashes(html: string, scan: HtmlScan, names: FrontendNames): number[] {
  const found: number[] = []
  for (const tag of scan.tags) {
    for (const attribute of tag.attributes) {
      if (ADDRESS_ATTRIBUTES.has(attribute.name)) {
        const start = skipSpace(html, attribute)
        if (names.has(html.slice(start, attribute.end).trimEnd())) found.push(start)
      } else if (SOURCE_SETS.has(attribute.name)) {
        found.push(
          ...sourceSet(html, attribute)
            .filter(({ start, end }) => names.has(html.slice(start, end)))
            .map(({ start }) => start),
        )
      } else if (attribute.name === 'style') {
        found.push(...styleAddresses(html, attribute.start, attribute.end, names))
      }
    }
  }
  for (const raw of scan.rawTexts) {
    if (raw.tag.name === 'style') found.push(...styleAddresses(html, raw.start, raw.end, names))
  }
  return found
}

function styleAddresses(html: string, from: number, to: number, names: FrontendNames): readonly number[] {
  const css = html.slice(from, to)
  return scanCss(css)
    .filter(({ start, end }) => names.has(css.slice(start, end)))
    .map(({ start }) => from + start)
}

/** The URLs of a `srcset`: each ends at white space, or at the commas after it. */
function sourceSet(
  html: string,
  attribute: HtmlAttribute,
): readonly { readonly start: number; readonly end: number }[] {
  const found: { start: number; end: number }[] = []
  const last = attribute.end
  let at = attribute.start
  while (at < last) {
    while (at < last && /[\s,]/.test(html.charAt(at))) at++
    const start = at
    while (at < last && !/\s/.test(html.charAt(at))) at++
    let end = at
    while (end > start && html.charAt(end - 1) === ',') end--
    if (end > start) found.push({ start, end })
    if (end === at) at = endOfDescriptors(html, at, last)
  }
  return found
}

function endOfDescriptors(html: string, from: number, last: number): number {
  let inParentheses = false
  for (let at = from; at < last; at++) {
    const char = html.charAt(at)
    if (char === '(') inParentheses = true
    else if (char === ')') inParentheses = false
    else if (char === ',' && !inParentheses) return at
  }
  return last
}

function baseOf(html: string, tags: readonly HtmlTag[]): PagePlaces['base'] {
  for (const tag of tags) {
    if (tag.name !== 'base') continue
    const href = tag.attributes.find((attribute) => attribute.name === 'href')
    if (href === undefined) continue
    return ['/', './', '.', ''].includes(html.slice(href.start, href.end).trim()) ? 'root' : 'other'
  }
  return 'none'
}

function skipSpace(html: string, attribute: HtmlAttribute): number {
  let at = attribute.start
  while (at < attribute.end && /\s/.test(html.charAt(at))) at++
  return at
}
