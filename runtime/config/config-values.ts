// Converts a value of a file, variable or flag to the value of a config key, or to a sentence about what is wrong.

import { isAbsolute, resolve } from 'node:path'
import { parseReference } from '../../sdk/manifest/image-reference.ts'
import { FORMS } from '../../sdk/manifest/names.ts'
import { isFileName, isPortableName } from '../../sdk/protocol/file-names.ts'
import { BASE_PATH_FORM, readBasePath } from './base-path.ts'
import type { ConfigRow } from './config-keys.ts'
import { isHeaderPattern } from './header-patterns.ts'
import type { PublicUrl } from './public-urls.ts'

export type ReadValue =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly wanted: string }

/**
 * Parses `raw` by the rule of its row. Text is accepted for every rule, because variables and flags are text.
 * `base` is the base folder of relative paths.
 */
export function readConfigValue(raw: unknown, row: ConfigRow, base: string): ReadValue {
  if (row.optional && (raw === null || raw === '')) return { ok: true, value: null }
  const { rule } = row
  switch (rule.kind) {
    case 'integer':
      return readInteger(raw, rule.min, rule.max)
    case 'boolean':
      return readBoolean(raw)
    case 'choice':
      return typeof raw === 'string' && rule.of.includes(raw)
        ? found(raw)
        : wanted(`one of ${rule.of.map((name) => `"${name}"`).join(', ')}`)
    case 'path':
      return typeof raw === 'string' && raw !== '' && !raw.includes('\0')
        ? found(isAbsolute(raw) ? raw : resolve(base, raw))
        : wanted('a path')
    case 'origin':
      return readOrigin(raw)
    case 'publicUrls':
      return readPublicUrls(raw)
    case 'basePath':
      return readPath(raw)
    case 'domain':
      return readDomain(raw)
    case 'languages':
      return readLanguages(raw)
    case 'headers':
      return readHeaders(raw)
    case 'ids':
      return readIds(raw)
    case 'paths':
      return readPaths(raw, base)
    case 'words':
      return readWords(raw)
    case 'registries':
      return readRegistries(raw)
    case 'issuer':
      return readIssuer(raw)
    case 'title':
      return typeof raw === 'string' && /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,60}$/u.test(raw) && raw.trim() !== ''
        ? found(raw.trim())
        : wanted('a name of up to 60 characters')
    case 'names':
      return readNames(raw)
    case 'groups':
      return readGroups(raw)
    case 'name':
      return isFileName(raw) && isPortableName(raw)
        ? found(raw)
        : wanted('a name of a folder, such as "plugbay"')
    case 'secret':
      return typeof raw === 'string' && /^[\x21-\x7e]+$/.test(raw)
        ? found(raw)
        : wanted('printable characters without spaces')
    case 'text':
      return typeof raw === 'string' && /^\S+$/.test(raw) ? found(raw) : wanted('a text without spaces')
  }
}

function found(value: unknown): ReadValue {
  return { ok: true, value }
}

function wanted(sentence: string): ReadValue {
  return { ok: false, wanted: sentence }
}

function readInteger(raw: unknown, min: number, max: number): ReadValue {
  const number = typeof raw === 'string' && /^\d{1,15}$/.test(raw) ? Number(raw) : raw
  if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max)
    return found(number)
  return wanted(`a whole number from ${min} to ${max}`)
}

function readBoolean(raw: unknown): ReadValue {
  if (typeof raw === 'boolean') return found(raw)
  if (raw === 'true' || raw === '1') return found(true)
  if (raw === 'false' || raw === '0') return found(false)
  return wanted('true or false')
}

function readOrigin(raw: unknown): ReadValue {
  const sentence =
    'an origin such as "https://media.example.org", without path or query: a path is the key "basePath"'
  if (typeof raw !== 'string' || !URL.canParse(raw)) return wanted(sentence)
  const url = new URL(raw)
  const bare =
    url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  return bare && (url.protocol === 'http:' || url.protocol === 'https:')
    ? found(url.origin)
    : wanted(sentence)
}

/** As text, commas separate the entries, and a space an origin from its plugin domain. */
function readPublicUrls(raw: unknown): ReadValue {
  const sentence =
    'a list of origins, each with its plugin domain or without, such as "https://media.example.org plugins.example.net, http://nas.local:3000"'
  const given = typeof raw === 'string' ? raw.split(',').filter((entry) => entry.trim() !== '') : raw
  if (!Array.isArray(given)) return wanted(sentence)
  const read = given.map(readPublicUrl)
  return read.includes(undefined) ? wanted(sentence) : found(read)
}

function readPublicUrl(entry: unknown): PublicUrl | undefined {
  if (typeof entry === 'string') {
    const [url, pluginDomain = null, ...more] = entry.trim().split(/\s+/)
    return more.length === 0 ? readPublicUrl({ url, pluginDomain }) : undefined
  }
  if (typeof entry !== 'object' || entry === null) return undefined
  const { url, pluginDomain = null, ...more } = entry as Readonly<Record<string, unknown>>
  const origin = readOrigin(url)
  const domain = pluginDomain === null ? found(null) : readDomain(pluginDomain)
  if (!origin.ok || !domain.ok || Object.keys(more).length > 0) return undefined
  return { url: origin.value as string, pluginDomain: domain.value as string | null }
}

function readPath(raw: unknown): ReadValue {
  const path = typeof raw === 'string' ? readBasePath(raw) : undefined
  return path === undefined ? wanted(BASE_PATH_FORM) : found(path)
}

function readDomain(raw: unknown): ReadValue {
  const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
  const domain = new RegExp(`^${label}(?:\\.${label})*$`)
  const text = typeof raw === 'string' ? raw.toLowerCase() : ''
  return domain.test(text) ? found(text) : wanted('a domain name such as "plugins.example.org"')
}

function readLanguages(raw: unknown): ReadValue {
  const sentence = 'a list of language tags such as "en,fr"'
  const tags = typeof raw === 'string' ? raw.split(',').map((tag) => tag.trim()) : raw
  if (!Array.isArray(tags) || tags.length === 0 || !tags.every((tag) => typeof tag === 'string'))
    return wanted(sentence)
  try {
    return found(Intl.getCanonicalLocales(tags))
  } catch (error) {
    if (error instanceof RangeError) return wanted(sentence)
    throw error
  }
}

function readHeaders(raw: unknown): ReadValue {
  const sentence =
    'a list of response headers such as "x-acme-region,x-acme-debug-*", without policies and headers of the connection'
  const given = typeof raw === 'string' ? raw.split(',').filter((name) => name.trim() !== '') : raw
  if (!Array.isArray(given) || !given.every((name) => typeof name === 'string')) return wanted(sentence)
  const names = given.map((name) => name.trim().toLowerCase())
  return names.every(isHeaderPattern) ? found(names) : wanted(sentence)
}

function readIds(raw: unknown): ReadValue {
  const given = typeof raw === 'string' ? raw.split(',') : raw
  const sentence = 'a list of plugin ids such as "guestbook,usb-backup"'
  if (!Array.isArray(given) || !given.every((id) => typeof id === 'string')) return wanted(sentence)
  const ids = given.map((id) => id.trim()).filter((id) => id !== '')
  return ids.every((id) => ID.test(id)) ? found([...new Set(ids)]) : wanted(sentence)
}

function readPaths(raw: unknown, base: string): ReadValue {
  const given = typeof raw === 'string' ? raw.split(',').map((path) => path.trim()) : raw
  if (!Array.isArray(given) || !given.every((path) => typeof path === 'string' && !path.includes('\0')))
    return wanted('a list of paths such as "/srv/backup,/media/library"')
  return found([...new Set(given.filter((path) => path !== '').map((path) => resolve(base, path)))])
}

/** In a list, words may hold spaces. */
function readWords(raw: unknown): ReadValue {
  const given = typeof raw === 'string' ? raw.split(/\s+/).filter((word) => word !== '') : raw
  return Array.isArray(given) && given.every((word) => typeof word === 'string' && !word.includes('\0'))
    ? found(given)
    : wanted('a list of arguments such as "--storage-driver vfs"')
}

function readRegistries(raw: unknown): ReadValue {
  const given = typeof raw === 'string' ? raw.split(',').map((name) => name.trim()) : raw
  const names = Array.isArray(given) ? given.filter((name) => name !== '') : undefined
  return names?.every((name) => typeof name === 'string' && parseReference(`${name}/x`)?.registry === name)
    ? found(names)
    : wanted('a list of registries such as "127.0.0.1:5000,registry.example"')
}

const ID = new RegExp(FORMS.id.pattern)

function readIssuer(raw: unknown): ReadValue {
  const url = typeof raw === 'string' ? URL.parse(raw) : null
  const isSafe =
    url !== null &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))) &&
    url.username === '' &&
    url.search === '' &&
    url.hash === ''
  return isSafe
    ? found(raw)
    : wanted('an address such as "https://id.example.org", with https unless it is of this machine')
}

function readNames(raw: unknown): ReadValue {
  const given = typeof raw === 'string' ? raw.split(',') : raw
  if (!Array.isArray(given) || !given.every((name) => typeof name === 'string'))
    return wanted('a list of names such as "staff,@example.org"')
  return found([...new Set(given.map((name) => name.trim()).filter((name) => name !== ''))])
}

/** "admins=*;editors=plugins.view,tasks.*", or an object of lists by group. */
function readGroups(raw: unknown): ReadValue {
  const sentence = 'permissions by group such as "admins=*;editors=plugins.view,tasks.*"'
  const entries =
    typeof raw === 'string'
      ? raw
          .split(';')
          .filter((part) => part.trim() !== '')
          .map((part) => [
            part.slice(0, part.lastIndexOf('=')).trim(),
            part.slice(part.lastIndexOf('=') + 1).split(','),
          ])
      : typeof raw === 'object' && raw !== null
        ? Object.entries(raw)
        : undefined
  const groups = entries?.map(([group, list]) => ({
    group,
    permissions: Array.isArray(list)
      ? list.map((each) => (typeof each === 'string' ? each.trim() : ''))
      : [''],
  }))
  const isRight = groups?.every(
    ({ group, permissions }) => group !== '' && permissions.every((each) => PERMISSION.test(each)),
  )
  return isRight === true ? found(groups) : wanted(sentence)
}

const LOOPBACK = /^(?:localhost|\[::1\]|127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/
const PERMISSION = /^(?:\*|[a-zA-Z][\w-]*(?:\.[a-zA-Z][\w-]*)*(?:\.\*)?)$/
