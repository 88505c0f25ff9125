// The field that finds what a list shows by words.

import { TextInput, type TextInputProps } from '@mantine/core'
import { Icon } from './icons.tsx'

export interface SearchFieldProps extends Pick<TextInputProps, 'flex' | 'placeholder'> {
  readonly label: string
  readonly value: string
  readonly onChange: (text: string) => void
  /** Among other small controls. */
  readonly small?: boolean
}

export function SearchField({ label, value, onChange, small = false, ...rest }: SearchFieldProps) {
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<Icon name="search" size={small ? 14 : 16} />}
      {...(small && { size: 'xs' })}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      {...rest}
    />
  )
}
