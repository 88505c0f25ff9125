// Finds tags, attribute values and raw text in HTML, following the tokenizer of the HTML standard, without building a tree.
// Invariant: linear in the length of the text, for any text; positions are indices into the given string.

export interface HtmlAttribute {
  /** Lower case. */
  readonly name: string
  /** Range of the value, without its quotes. */
  readonly start: number
  readonly end: number
}

export interface HtmlTag {
  /** Lower case. */
  readonly name: string
  readonly start: number
  /** Right after ">". */
  readonly end: number
  readonly attributes: readonly HtmlAttribute[]
}

/** The text inside an element whose content is not markup. */
export interface HtmlRawText {
  readonly tag: HtmlTag
  readonly start: number
  readonly end: number
}

export interface HtmlScan {
  /** Start tags, in order. */
  readonly tags: readonly HtmlTag[]
  readonly rawTexts: readonly HtmlRawText[]
  /** Right after the doctype; 0 without one. */
  readonly doctypeEnd: number
}

const RAW_TEXT = new Set(['script', 'style', 'textarea', 'title', 'xmp', 'iframe', 'noembed', 'noframes'])
const SPACE = /[\t\n\f\r ]/
const TAG_NAME_END = /[\t\n\f\r />]/g
const ATTRIBUTE_NAME_END = /[\t\n\f\r />=]/g
const UNQUOTED_END = /[\t\n\f\r >]/g

/** Scans a whole document. Never throws; anything that is not markup is text. */
export function scanHtml(html: string): HtmlScan {
  const tags: HtmlTag[] = []
  const rawTexts: HtmlRawText[] = []
  let doctypeEnd = 0
  let at = html.indexOf('<')
  while (at !== -1) {
    const next = html.charAt(at + 1)
    let end: number
    if (next === '!' || next === '?') {
      end = endOfDeclaration(html, at)
      if (doctypeEnd === 0 && /^<!doctype/i.test(html.slice(at, at + 9))) doctypeEnd = end
    } else if (next === '/') {
      end = /[a-z]/i.test(html.charAt(at + 2))
        ? (readTag(html, at, at + 2)?.end ?? html.length)
        : endOfBogusComment(html, at)
    } else if (/[a-z]/i.test(next)) {
      const tag = readTag(html, at, at + 1)
      if (tag === undefined) break
      tags.push(tag)
      end = tag.end
      if (tag.name === 'plaintext') break
      if (RAW_TEXT.has(tag.name)) {
        end = tag.name === 'script' ? endOfScript(html, tag.end) : endOfRawText(html, tag.end, tag.name)
        rawTexts.push({ tag, start: tag.end, end })
      }
    } else {
      end = at + 1
    }
    at = html.indexOf('<', end)
  }
  return { tags, rawTexts, doctypeEnd }
}

/** Position for a tag to come first in the head, after the doctype and before every other tag, wherever the page has its head. */
export function headPosition({ tags, doctypeEnd }: HtmlScan): number {
  const [first, second] = tags
  const html = first?.name === 'html' ? first : undefined
  const head = html === undefined ? first : second
  return head?.name === 'head' ? head.end : (html?.end ?? doctypeEnd)
}

function readTag(html: string, start: number, nameStart: number): HtmlTag | undefined {
  let at = find(TAG_NAME_END, html, nameStart)
  const name = html.slice(nameStart, at).toLowerCase()
  const attributes: HtmlAttribute[] = []
  while (at < html.length) {
    const char = html.charAt(at)
    if (char === '>') return { name, start, end: at + 1, attributes }
    if (char === '/' || SPACE.test(char)) {
      at++
      continue
    }
    // A "=" in front of a name belongs to the name.
    const nameEnd = find(ATTRIBUTE_NAME_END, html, char === '=' ? at + 1 : at)
    const attributeName = html.slice(at, nameEnd).toLowerCase()
    at = skipSpace(html, nameEnd)
    if (html.charAt(at) !== '=') {
      attributes.push({ name: attributeName, start: nameEnd, end: nameEnd })
      continue
    }
    at = skipSpace(html, at + 1)
    const quote = html.charAt(at)
    if (quote === '"' || quote === "'") {
      const end = html.indexOf(quote, at + 1)
      if (end === -1) return undefined
      attributes.push({ name: attributeName, start: at + 1, end })
      at = end + 1
    } else {
      const end = find(UNQUOTED_END, html, at)
      attributes.push({ name: attributeName, start: at, end })
      at = end
    }
  }
  return undefined
}

function endOfDeclaration(html: string, at: number): number {
  if (!html.startsWith('<!--', at)) return endOfBogusComment(html, at)
  if (html.startsWith('>', at + 4)) return at + 5
  if (html.startsWith('->', at + 4)) return at + 6
  const end = /--!?>/g
  end.lastIndex = at + 4
  const match = end.exec(html)
  return match === null ? html.length : match.index + match[0].length
}

function endOfBogusComment(html: string, at: number): number {
  const end = html.indexOf('>', at)
  return end === -1 ? html.length : end + 1
}

function endOfRawText(html: string, from: number, name: string): number {
  const end = new RegExp(`</${name}[\\t\\n\\f\\r />]`, 'gi')
  end.lastIndex = from
  return end.exec(html)?.index ?? html.length
}

/** In a script, `<!-- <script>` starts a section in which the next `</script>` does not end the element. */
function endOfScript(html: string, from: number): number {
  const mark = /<!--|-->|<(\/?)script[\t\n\f\r />]/gi
  mark.lastIndex = from
  let escaped = false
  let nested = false
  for (let match = mark.exec(html); match !== null; match = mark.exec(html)) {
    if (match[0] === '<!--') {
      escaped = true
      // The dashes may close it at once: "<!-->".
      mark.lastIndex -= 2
    } else if (match[0] === '-->') {
      escaped = false
      nested = false
    } else if (match[1] === '/') {
      if (!nested) return match.index
      nested = false
    } else if (escaped) {
      nested = true
    }
  }
  return html.length
}

function find(pattern: RegExp, html: string, from: number): number {
  const search = new RegExp(pattern)
  search.lastIndex = from
  return search.exec(html)?.index ?? html.length
}

function skipSpace(html: string, from: number): number {
  let at = from
  while (at < html.length && SPACE.test(html.charAt(at))) at++
  return at
}
