// The detail, hint and first problems of a problem document, without its title.

import { Stack, Text } from '@mantine/core'
import type { ProblemDocument } from '../api/types.ts'

export function ErrorText({ document }: { readonly document: ProblemDocument }) {
  const { detail, hint, problems = [], title } = document
  return (
    <Stack gap={4}>
      {detail && detail !== title && <Text size="sm">{detail}</Text>}
      {problems.slice(0, 3).map((problem) => (
        <Text size="sm" key={`${problem.code}:${problem.pointer ?? ''}:${problem.message}`}>
          {problem.message}
        </Text>
      ))}
      {problems.length > 3 && <Text size="sm">and {problems.length - 3} more</Text>}
      {hint && (
        <Text size="sm" c="dimmed">
          {hint}
        </Text>
      )}
    </Stack>
  )
}
