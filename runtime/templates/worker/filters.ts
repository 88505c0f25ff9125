// Tutor's filters, and those of Jinja that the engine lacks or has with another meaning.
// Invariant: they throw plain errors for bad arguments; a caller inside the engine must catch, since a throw breaks it.

import { createHmac, randomInt, randomUUID } from 'node:crypto'
import { genSaltSync, hashSync, truncates } from 'bcryptjs'
import { pythonJson, pythonText } from './python-text.ts'
import { newRsaKey, numbersOfRsaKey, toBase64Url } from './rsa.ts'

/** Positional arguments, the filtered value first, and those with names. */
export type Filter = (args: readonly unknown[], named: ReadonlyMap<string, unknown>) => unknown

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const MAX_RANDOM = 10_000
/** What pads or repeats may add to a text. */
const MAX_PAD = 1000
/** As Tutor's. */
const BCRYPT_ROUNDS = 12

export const FILTERS: Readonly<Record<string, Filter>> = {
  // Tutor's.
  random_string: ([length]) => {
    const count = whole(length, { name: 'random_string', min: 0, max: MAX_RANDOM })
    return Array.from({ length: count }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  },
  common_domain: ([first, second]) => {
    const a = text(first, 'common_domain').split('.').reverse()
    const b = text(second, 'common_domain').split('.').reverse()
    const differs = a.findIndex((part, index) => part !== b[index])
    return a
      .slice(0, differs === -1 ? a.length : differs)
      .reverse()
      .join('.')
  },
  encrypt: ([password]) => {
    const secret = text(password, 'encrypt')
    if (truncates(secret)) throw new Error('encrypt: a text longer than 72 bytes cannot be encrypted')
    return hashSync(secret, genSaltSync(BCRYPT_ROUNDS).replace('$2b$', '$2a$'))
  },
  list_if: ([services]) => {
    const chosen = list(services, 'list_if').filter((pair) => isTrue(list(pair, 'list_if')[1]))
    return pythonJsonPlain(chosen.map((pair) => list(pair, 'list_if')[0]))
  },
  reverse_host: ([domain]) => text(domain, 'reverse_host').split('.').reverse().join('.'),
  long_to_base64: ([number]) => toBase64Url(number),
  rsa_private_key: ([bits]) =>
    newRsaKey(whole(bits ?? 2048, { name: 'rsa_private_key', min: 1024, max: 4096 })),
  rsa_import_key: ([key]) => numbersOfRsaKey(text(key, 'rsa_import_key')),
  uuid: ([version]) => {
    if (Number(version) !== 4) throw new Error('uuid: only version 4 is known')
    return randomUUID()
  },
  uid_master_hash: ([key, uid]) =>
    createHmac('sha256', text(key, 'uid_master_hash')).update(text(uid, 'uid_master_hash')).digest('hex'),

  // Jinja's: what the engine prints inside texts, and what it lacks.
  string: ([value]) => pythonText(value),
  join: ([items, separator = ''], named) => {
    const attribute = named.get('attribute')
    const values = list(items, 'join').map((item) => (attribute === undefined ? item : get(item, attribute)))
    return values.map(pythonText).join(pythonText(named.get('d') ?? separator))
  },
  tojson: ([value, indent], named) => {
    const width = named.get('indent') ?? indent
    return pythonJson(
      value,
      width === undefined ? undefined : whole(width, { name: 'tojson', min: 0, max: 16 }),
    )
  },
  indent: ([value, width = 4, first = false, blank = false], named) =>
    indented(pythonText(value), {
      width: named.get('width') ?? width,
      first: isTrue(named.get('first') ?? first),
      blank: isTrue(named.get('blank') ?? blank),
    }),
  int: ([value, fallback = 0], named) => {
    const number = typeof value === 'string' ? Number(value.trim() === '' ? 'x' : value) : Number(value)
    return Number.isFinite(number) ? Math.trunc(number) : (named.get('default') ?? fallback)
  },
  format: ([pattern, ...values], named) => formatted(text(pattern, 'format'), { values, named }),
  center: ([value, width = 80], named) => {
    const source = pythonText(value)
    const pad = whole(named.get('width') ?? width, { name: 'center', min: 0, max: MAX_PAD }) - source.length
    const left = Math.max(0, Math.floor(pad / 2))
    return `${' '.repeat(left)}${source}${' '.repeat(Math.max(0, pad - left))}`
  },
  urlencode: ([value]) =>
    encodeURIComponent(pythonText(value))
      .replaceAll('%2F', '/')
      .replace(/[!'()*]/g, hexed),
  wordcount: ([value]) => pythonText(value).match(/\w+/g)?.length ?? 0,
}

/** As Python's truth of a value. */
export function isTrue(value: unknown): boolean {
  if (value instanceof Map) return value.size > 0
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}

function indented(
  source: string,
  options: { readonly width: unknown; readonly first: boolean; readonly blank: boolean },
): string {
  const pad =
    typeof options.width === 'string'
      ? options.width.slice(0, MAX_PAD)
      : ' '.repeat(whole(options.width, { name: 'indent', min: 0, max: MAX_PAD }))
  const lines = source.split('\n')
  return lines
    .map((line, index) => {
      const isIndented = index === 0 ? options.first : options.blank || line !== ''
      return isIndented ? pad + line : line
    })
    .join('\n')
}

const CONVERSION =
  /%(?:\((?<key>\w+)\))?(?<flags>[-0]*)(?<width>\d{0,3})(?:\.(?<digits>\d{1,2}))?(?<type>[sdifr%])/g

function formatted(
  pattern: string,
  { values, named }: { readonly values: readonly unknown[]; readonly named: ReadonlyMap<string, unknown> },
): string {
  let next = 0
  return pattern.replace(CONVERSION, (...match) => {
    const { key, flags, width, digits, type } = match.at(-1) as Readonly<Record<string, string | undefined>>
    if (type === '%') return '%'
    if (key === undefined && next >= values.length) throw new Error('format: not enough values')
    const value = key === undefined ? values[next++] : named.get(key)
    const shown =
      type === 'f'
        ? Number(value).toFixed(digits === undefined ? 6 : Number(digits))
        : type === 's' || type === 'r'
          ? pythonText(type === 'r' ? [value] : value).replace(type === 'r' ? /^\[|\]$/g : /(?!)/, '')
          : String(Math.trunc(Number(value)))
    const size = Number(width ?? 0)
    if (flags?.includes('-')) return shown.padEnd(size)
    return shown.padStart(size, flags?.includes('0') ? '0' : ' ')
  })
}

function text(value: unknown, filter: string): string {
  if (typeof value !== 'string') throw new Error(`${filter}: not a text`)
  return value
}

function list(value: unknown, filter: string): readonly unknown[] {
  if (typeof value === 'string') return [...value]
  if (value instanceof Map) return [...value.keys()]
  if (!Array.isArray(value)) throw new Error(`${filter}: not a list`)
  return value
}

function whole(
  value: unknown,
  { name, min, max }: { readonly name: string; readonly min: number; readonly max: number },
): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < min || number > max)
    throw new Error(`${name}: not a whole number from ${min} to ${max}`)
  return number
}

function get(item: unknown, attribute: unknown): unknown {
  if (item instanceof Map) return item.get(attribute)
  return Array.isArray(item) ? item[Number(attribute)] : undefined
}

function hexed(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

/** As `json.dumps`, without the escapes for HTML. */
function pythonJsonPlain(items: readonly unknown[]): string {
  const ascii = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return `[${items.map((item) => JSON.stringify(item).replace(/[\u0080-\uffff]/g, ascii)).join(', ')}]`
}
