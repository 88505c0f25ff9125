// A difference of two texts in lines, as `diff -u` shows it.

import { Box } from '@mantine/core'

export interface DiffBlockProps {
  readonly diff: string
  readonly label: string
}

export function DiffBlock({ diff, label }: DiffBlockProps) {
  return (
    <Box component="pre" className="code-frame" mt="xs" dir="ltr" tabIndex={0} aria-label={label}>
      {diff.split('\n').map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity and the text never changes in place
        <span key={index} className="diff-line" data-sign={signOf(line)}>
          {line}
          {'\n'}
        </span>
      ))}
    </Box>
  )
}

function signOf(line: string): 'added' | 'removed' | 'same' {
  if (line.startsWith('+')) return 'added'
  return line.startsWith('-') ? 'removed' : 'same'
}
