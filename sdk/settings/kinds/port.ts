// A port of TCP or UDP: a whole number from 0 to 65535.

export const MAX_PORT = 65_535

export function isPort(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_PORT
}

export function readPort(value: unknown): unknown {
  return typeof value === 'string' && /^\s*\d{1,5}\s*$/.test(value) ? Number(value) : value
}
