// What can be done with several plugins at once. Each is tried; those that could not be switched are named.

import { Button, Group, Paper, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { EnablingAnswer } from '../../../../../sdk/api/enabling.ts'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { PLUGINS_KEY, switchPlugins } from '../../api/plugins.ts'
import { showError, showSuccess, showWarning } from '../../components/notify.ts'
import { plural, t } from '../../languages/text.ts'

export interface BulkBarProps {
  /** What the list shows. */
  readonly shown: readonly Installation[]
  readonly chosen: ReadonlySet<string>
  readonly choose: (ids: ReadonlySet<string>) => void
}

export function BulkBar({ shown, chosen, choose }: BulkBarProps) {
  const client = useQueryClient()
  const run = useMutation({
    mutationFn: (verb: 'enable' | 'disable') => switchPlugins(verb, [...chosen]),
    onSuccess: (answer) => report(answer),
    onError: showError,
    onSettled: () => client.invalidateQueries({ queryKey: PLUGINS_KEY }),
  })
  const ids = shown.map(({ id }) => id)
  return (
    <Paper withBorder p="xs" role="toolbar" aria-label={t('For those that are chosen')}>
      <Group gap="xs">
        <Text size="sm" role="status">
          {plural('{count} is chosen', '{count} are chosen', { count: chosen.size })}
        </Text>
        <Button size="xs" variant="subtle" onClick={() => choose(new Set(ids))}>
          {t('Choose all that are shown')}
        </Button>
        {(['enable', 'disable'] as const).map((verb) => (
          <Button
            key={verb}
            size="xs"
            variant="default"
            disabled={chosen.size === 0}
            loading={run.isPending && run.variables === verb}
            onClick={() => run.mutate(verb)}
          >
            {verb === 'enable' ? t('Enable them') : t('Disable them')}
          </Button>
        ))}
      </Group>
    </Paper>
  )
}

function report({ results }: EnablingAnswer): void {
  const failed = results.filter(({ ok }) => !ok)
  if (failed.length === 0)
    return showSuccess(
      plural('{count} plugin is as you wished', '{count} plugins are as you wished', {
        count: results.length,
      }),
    )
  showWarning(
    t('Some could not be switched: {ids}', { ids: failed.map(({ id }) => id).join(', ') }),
    failed.flatMap(({ problem }) => (problem === null ? [] : [problem])),
  )
}
