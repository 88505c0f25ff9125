// An origin: scheme and host, and the port unless it is the scheme's own; and the choice between an origin and a port.

import { isPort } from './port.ts'

const LONGEST = 2048
const SCHEMES: readonly string[] = ['http:', 'https:', 'ws:', 'wss:']

export function isOrigin(value: unknown): boolean {
  return typeof value === 'string' && urlOf(value)?.origin === value
}

/** In the form that browsers use: "HTTPS://Example.org:443/" becomes "https://example.org". */
export function tidyOrigin(value: unknown): unknown {
  const url = typeof value === 'string' ? urlOf(value.trim()) : undefined
  return url !== undefined && isBare(url) ? url.origin : value
}

export function isOriginOrPort(value: unknown): boolean {
  return value === '' || isPortText(value) || isOrigin(value)
}

/** A port as text, or an address reduced to its origin: "http://localhost:8000/learn" becomes "http://localhost:8000". */
export function tidyOriginOrPort(value: unknown): unknown {
  if (typeof value === 'number') return isPort(value) ? String(value) : value
  if (typeof value !== 'string' || value.length > LONGEST) return value
  const text = value.trim()
  if (/^0*\d{1,5}$/.test(text)) return String(Number(text))
  return urlOf(text)?.origin ?? text
}

function isPortText(value: unknown): boolean {
  return typeof value === 'string' && /^(?:0|[1-9]\d{0,4})$/.test(value) && isPort(Number(value))
}

function urlOf(text: string): URL | undefined {
  if (text.length > LONGEST || !URL.canParse(text)) return undefined
  const url = new URL(text)
  return SCHEMES.includes(url.protocol) && url.host !== '' ? url : undefined
}

function isBare(url: URL): boolean {
  return url.pathname === '/' && `${url.search}${url.hash}${url.username}${url.password}` === ''
}
