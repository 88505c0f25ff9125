// Problems: position, message, the code around it, and the hint.

import { Alert, Box, Code, Group, Stack, Text } from '@mantine/core'
import type { Problem } from '../../../../sdk/api/problems.ts'
import { t } from '../languages/text.ts'
import { Icon } from './icons.tsx'

export interface ProblemListProps {
  readonly problems: readonly Problem[]
  readonly kind?: 'error' | 'warning'
}

export function ProblemList({ problems, kind = 'error' }: ProblemListProps) {
  return (
    <Stack gap="sm">
      {problems.map((problem, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: problems have no identity and the list never changes in place
        <ProblemAlert key={index} problem={problem} kind={kind} />
      ))}
    </Stack>
  )
}

export interface ProblemAlertProps {
  readonly problem: Problem
  readonly kind?: 'error' | 'warning'
  readonly title?: string
}

export function ProblemAlert({ problem, kind = 'error', title }: ProblemAlertProps) {
  const isError = kind === 'error'
  return (
    <Alert
      color={isError ? 'red' : 'yellow'}
      icon={<Icon name={isError ? 'error' : 'warning'} />}
      {...(title === undefined ? {} : { title })}
    >
      <Stack gap={6}>
        <Text size="sm" fw={title === undefined ? 600 : 400}>
          {problem.message}
        </Text>
        <Place problem={problem} />
        {problem.frame && (
          <Box component="pre" className="code-frame" tabIndex={0} aria-label={t('Code around the problem')}>
            {problem.frame}
          </Box>
        )}
        {problem.hint && (
          <Text size="sm" c="dimmed">
            {problem.hint}
          </Text>
        )}
      </Stack>
    </Alert>
  )
}

function Place({ problem }: { readonly problem: Problem }) {
  const place = placeOf(problem)
  return (
    <Group gap="xs">
      {place !== '' && <Code>{place}</Code>}
      {problem.pointer && <Code>{problem.pointer}</Code>}
      <Text size="xs" c="dimmed">
        {problem.code}
      </Text>
    </Group>
  )
}

/** `backend/index.ts:3:14`, as editors and terminals write it. */
function placeOf({ file, line, column }: Problem): string {
  if (file === undefined) return line === undefined ? '' : t('line {line}', { line })
  return [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':')
}
