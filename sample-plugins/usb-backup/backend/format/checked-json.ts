// Small JSON files on the drive that say themselves whether they are whole: "check" is the SHA-256 of the file without that member.

import { hashOf } from './parts.ts'

const encoder = new TextEncoder()

export async function writeChecked(value: Readonly<Record<string, unknown>>): Promise<string> {
  return text({ ...value, check: await checkOf(value) })
}

/** Undefined for what is damaged. */
export async function readChecked(json: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { check, ...rest } = value as Readonly<Record<string, unknown>>
  return check === (await checkOf(rest)) ? rest : undefined
}

function checkOf(value: unknown): Promise<string> {
  return hashOf(encoder.encode(text(value)))
}

/** A value a line, for people and for sed: restore.sh reads it so. */
function text(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`
}
