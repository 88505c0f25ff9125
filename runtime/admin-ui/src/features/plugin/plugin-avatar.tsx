// The icon of a plugin, else a square with its initials, coloured by its id, so that rows are easy to distinguish.

import { Avatar } from '@mantine/core'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { iconUrl } from '../../api/releases.ts'

export interface PluginAvatarProps {
  readonly id: string
  readonly name: string
  /** Absent: of a package that is not installed. */
  readonly plugin?: Pick<Installation, 'hasIcon' | 'version' | 'candidate'>
  readonly size?: number
}

export function PluginAvatar({ id, name, plugin, size = 42 }: PluginAvatarProps) {
  const version = plugin?.hasIcon === true ? (plugin.version ?? plugin.candidate?.version) : undefined
  return (
    <Avatar
      radius="md"
      size={size}
      color={colorOf(id)}
      aria-hidden
      // As an image an SVG runs no script and loads nothing.
      {...(version !== undefined && { src: iconUrl(id, version), alt: '' })}
    >
      {initialsOf(name)}
    </Avatar>
  )
}

const COLORS = ['cyan', 'indigo', 'grape', 'teal', 'orange', 'pink', 'lime', 'blue'] as const

function colorOf(id: string): string {
  let sum = 0
  for (const char of id) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) >>> 0
  return COLORS[sum % COLORS.length] ?? 'cyan'
}

/** Of letters and digits only: "Notes (Kysely)" is "NK". */
function initialsOf(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
  const [first = name] = words
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => [...word][0]) : [...first].slice(0, 2)
  return letters.join('').toLocaleUpperCase()
}
