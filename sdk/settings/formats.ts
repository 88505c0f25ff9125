// The formats of settings: the option types beyond plain JSON Schema. One table; the schema of manifests, every check, the form of
// the admin page, variables, settings.toml and docs/settings.md follow it.
// Invariant: each function takes any value and linear time; a value that is not of the format leaves normal() as it came.

import { isDuration, readDuration, writeDuration } from './kinds/duration.ts'
import { isIp, tidyIp } from './kinds/ip.ts'
import { isOrigin, isOriginOrPort, tidyOrigin, tidyOriginOrPort } from './kinds/origin.ts'
import { isPath, tidyPath } from './kinds/path.ts'
import { isPort, readPort } from './kinds/port.ts'
import { isBytes, readBytes, writeBytes } from './kinds/size.ts'
import { isUrlPrefix, tidyUrlPrefix } from './kinds/url-prefix.ts'

export interface SettingFormat {
  /** The type of JSON Schema that it belongs to. */
  readonly type: 'string' | 'integer'
  /** Completes "must be …". */
  readonly words: string
  /** As text: in a variable, in settings.toml, in a form. */
  readonly example: string
  /** Whether a value in its normal form is valid; undefined for a format that JSON Schema defines. */
  readonly check?: (value: unknown) => boolean
  /** The form in which a value is stored and reaches the plugin. */
  readonly normal?: (value: unknown) => unknown
  /** How a number is shown and typed. */
  readonly text?: (value: number) => string
}

export const SETTING_FORMATS = {
  secret: {
    type: 'string',
    words: 'a text, which is never shown again',
    example: 'correct-horse-battery-staple',
    check: (value) => typeof value === 'string',
  },
  'long-text': {
    type: 'string',
    words: 'a text of one or more lines',
    example: 'Dear members',
    check: (value) => typeof value === 'string',
  },
  ip: {
    type: 'string',
    words: 'an IP address of version 4 or 6',
    example: '192.168.0.10',
    check: isIp,
    normal: tidyIp,
  },
  path: {
    type: 'string',
    words: 'a path without control characters',
    example: 'backups/weekly',
    check: isPath,
    normal: tidyPath,
  },
  port: {
    type: 'integer',
    words: 'a port: a whole number from 0 to 65535',
    example: '8080',
    check: isPort,
    normal: readPort,
  },
  origin: {
    type: 'string',
    words: 'an origin of scheme and host, without a path',
    example: 'https://media.example.org',
    check: isOrigin,
    normal: tidyOrigin,
  },
  'origin-or-port': {
    type: 'string',
    words: 'a port, an origin of scheme and host, or empty',
    example: 'https://media.example.org',
    check: isOriginOrPort,
    normal: tidyOriginOrPort,
  },
  'url-prefix': {
    type: 'string',
    words: 'the beginning of a path of an address, or empty',
    example: 'library/',
    check: isUrlPrefix,
    normal: tidyUrlPrefix,
  },
  bytes: {
    type: 'integer',
    words: 'an amount of bytes, with or without a unit such as kB, MB, GiB',
    example: '500MB',
    check: isBytes,
    normal: readBytes,
    text: writeBytes,
  },
  duration: {
    type: 'integer',
    words: 'a duration in milliseconds, or with units (ms, s, m, h, d, w)',
    example: '1h30m',
    check: isDuration,
    normal: readDuration,
    text: writeDuration,
  },
  email: { type: 'string', words: 'an e-mail address', example: 'library@example.org' },
  uri: { type: 'string', words: 'a web address or another URI', example: 'https://example.org/books' },
  hostname: { type: 'string', words: 'the name of a host', example: 'media.example.org' },
  ipv4: { type: 'string', words: 'an IP address of version 4', example: '192.168.0.10' },
  ipv6: { type: 'string', words: 'an IP address of version 6', example: 'fd00::10' },
  uuid: { type: 'string', words: 'a UUID', example: '0190a6c1-7d4e-7c3a-9b57-3f2d4c5e6a7b' },
  date: { type: 'string', words: 'a date', example: '2026-03-01' },
  time: { type: 'string', words: 'a time of day with its offset', example: '03:30:00Z' },
  'date-time': { type: 'string', words: 'a date with time and offset', example: '2026-03-01T03:30:00Z' },
} as const satisfies Readonly<Record<string, SettingFormat>>

export type SettingFormatName = keyof typeof SETTING_FORMATS

export const FORMAT_NAMES = Object.keys(SETTING_FORMATS) as readonly SettingFormatName[]
/** The formats of strings, which items of lists may have too. */
export const STRING_FORMATS = FORMAT_NAMES.filter((name) => formatOf(name)?.type === 'string')

/** Undefined for a name that is not in the table. */
export function formatOf(name: string | undefined): SettingFormat | undefined {
  return name !== undefined && Object.hasOwn(SETTING_FORMATS, name)
    ? SETTING_FORMATS[name as SettingFormatName]
    : undefined
}
