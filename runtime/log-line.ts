// A line of the log for people: time, level, message, and what belongs to it.
// Invariant: values may come from plugins, so no control character of theirs reaches the terminal.

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}
const CONTROL = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** @param json a line of pino; anything else comes back as it is, made harmless */
export function readableLine(json: string): string {
  const entry = entryOf(json)
  if (entry === undefined) return `${harmless(json.trimEnd())}\n`
  const { level, time, msg, err, ...rest } = entry
  const clock = typeof time === 'number' ? new Date(time).toTimeString().slice(0, 8) : ''
  const name = (LEVELS[Number(level)] ?? 'info').padEnd(5)
  const facts = Object.entries(rest).map(([key, value]) => `${key}=${textOf(value)}`)
  const head = [clock, name, harmless(String(msg ?? '')), ...facts.map(harmless)].join(' ').trimEnd()
  const stack: unknown = typeof err === 'object' && err !== null && 'stack' in err ? err.stack : undefined
  if (typeof stack !== 'string') return `${head}\n`
  const lines = stack.split('\n').map((line) => `         ${harmless(line)}`)
  return `${[head, ...lines].join('\n')}\n`
}

function entryOf(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined // Shown as it is.
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value)
}

function harmless(text: string): string {
  return text.replace(
    CONTROL,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}
