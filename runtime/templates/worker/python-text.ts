// Values as Python prints them, since templates for Jinja expect that: `True`, `None`, `['a', 1]`; and as its json module does.
// Invariant: results are bounded by the caller's cap on outputs; nesting is bounded by the engine's.

/** As `str()`: texts as they are. */
export function pythonText(value: unknown): string {
  return typeof value === 'string' ? value : pythonRepr(value)
}

function pythonRepr(value: unknown): string {
  if (value === undefined || value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`
  if (typeof value === 'object') {
    const entries = entriesOf(value).map(([key, item]) => `${pythonRepr(key)}: ${pythonRepr(item)}`)
    return `{${entries.join(', ')}}`
  }
  return String(value)
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const inside = text.replace(/[\\\n\r\t]|[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/gu, escaped)
  return `${quote}${quote === "'" ? inside.replaceAll("'", "\\'") : inside}${quote}`
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escaped(character: string): string {
  const known = ESCAPES[character]
  if (known !== undefined) return known
  const code = character.charCodeAt(0)
  return code < 256 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`
}

/** As Jinja's `tojson`: keys sorted, ASCII, and nothing that HTML would read. */
export function pythonJson(value: unknown, indent?: number): string {
  const text = jsonOf(value, { indent, level: 0 })
  return text.replace(/[<>&'\u0080-\uffff]/g, (character) => `\\u${hex(character.charCodeAt(0), 4)}`)
}

interface Indentation {
  readonly indent: number | undefined
  readonly level: number
}

function jsonOf(value: unknown, { indent, level }: Indentation): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object') return JSON.stringify(value)
  const inner = { indent, level: level + 1 }
  if (Array.isArray(value))
    return wrapped(
      '[]',
      value.map((item) => jsonOf(item, inner)),
      { indent, level },
    )
  const rows = entriesOf(value)
    .map(([key, item]): [string, unknown] => [String(key), item])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}: ${jsonOf(item, inner)}`)
  return wrapped('{}', rows, { indent, level })
}

function wrapped(brackets: string, rows: readonly string[], { indent, level }: Indentation): string {
  const [open, close] = brackets
  if (rows.length === 0) return brackets
  if (indent === undefined) return `${open}${rows.join(', ')}${close}`
  const pad = (depth: number) => `\n${' '.repeat(Math.min(indent, 16) * depth)}`
  return `${open}${rows.map((row) => pad(level + 1) + row).join(',')}${pad(level)}${close}`
}

/** The engine hands maps over as Map. */
function entriesOf(value: object): [unknown, unknown][] {
  return value instanceof Map ? [...value] : Object.entries(value)
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}
