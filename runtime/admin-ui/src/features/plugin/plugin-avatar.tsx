// A square with the initials of a plugin, coloured by its id, so that rows are easy to distinguish.

import { Avatar } from '@mantine/core'

export interface PluginAvatarProps {
  readonly id: string
  readonly name: string
  readonly size?: number
}

export function PluginAvatar({ id, name, size = 42 }: PluginAvatarProps) {
  return (
    <Avatar radius="md" size={size} color={colorOf(id)} aria-hidden>
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

function initialsOf(name: string): string {
  const words = name.split(/[\s-]+/u).filter((word) => word !== '')
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => [...word][0]) : [...name].slice(0, 2)
  return letters.join('').toLocaleUpperCase()
}
