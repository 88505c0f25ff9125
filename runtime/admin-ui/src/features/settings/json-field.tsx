// A setting without a field of its own, edited as JSON. Text that is not JSON stays in the field and is not sent.

import { Textarea } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { t } from '../../languages/text.ts'

export interface JsonFieldProps {
  readonly label: string
  readonly description: ReactNode
  readonly error: string | null
  readonly disabled: boolean
  readonly name: string
  readonly value: unknown
  readonly change: (value: unknown) => void
}

export function JsonField({ value, change, error, ...field }: JsonFieldProps) {
  // Only while it differs from the value; a reset or a save elsewhere shows at once.
  const [broken, setBroken] = useState<string | null>(null)
  const edit = (text: string) => {
    const parsed = parse(text)
    setBroken(parsed.ok ? null : text)
    if (parsed.ok) change(parsed.value)
  }
  return (
    <Textarea
      {...field}
      autosize
      minRows={2}
      spellCheck={false}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
      error={broken === null ? error : t('This is not JSON yet; it is not saved')}
      value={broken ?? (value === undefined ? '' : JSON.stringify(value, null, 2))}
      onChange={(event) => edit(event.currentTarget.value)}
    />
  )
}

function parse(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  if (text.trim() === '') return { ok: true, value: null }
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    return { ok: false }
  }
}
