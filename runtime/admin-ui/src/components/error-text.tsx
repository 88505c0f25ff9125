// The detail, hint and first problems of an error, without its title.

import { Stack, Text } from '@mantine/core'
import type { ErrorDocument } from '../api/client.ts'
import { plural } from '../languages/text.ts'

export function ErrorText({ document }: { readonly document: ErrorDocument }) {
  const { detail, hint, problems = [], title } = document
  return (
    <Stack gap={4}>
      {detail && detail !== title && <Text size="sm">{detail}</Text>}
      {problems.slice(0, 3).map((problem) => (
        <Text size="sm" key={`${problem.code}:${problem.pointer ?? ''}:${problem.message}`}>
          {problem.message}
        </Text>
      ))}
      {problems.length > 3 && (
        <Text size="sm">{plural('and one more', 'and {count} more', { count: problems.length - 3 })}</Text>
      )}
      {hint && (
        <Text size="sm" c="dimmed">
          {hint}
        </Text>
      )}
    </Stack>
  )
}
