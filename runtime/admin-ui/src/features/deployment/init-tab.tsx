// The steps of plugins that set the application up: which have run, and a button that runs the others, as a task.

import { Badge, Button, Code, Group, Skeleton, Stack, Table, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import type { InitRequest, InitStep } from '../../../../../sdk/api/init.ts'
import { initQuery, startInit } from '../../api/deployment.ts'
import { go, taskHref } from '../../app/addresses.ts'
import { ACTIONS, DataTable } from '../../components/data-table.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { showError } from '../../components/notify.ts'
import { Only } from '../../components/only.tsx'
import { t } from '../../languages/text.ts'

export function InitTab() {
  const steps = useQuery(initQuery)
  const start = useMutation({
    mutationFn: (request: InitRequest) => startInit(request),
    onSuccess: ({ id }) => go(taskHref(id)),
    onError: showError,
  })
  if (steps.isPending) return <Skeleton h={120} radius="md" />
  if (steps.data === undefined) return <LoadError error={steps.error} />
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t('Plugins set the application up once for each of their releases. The log is that of the task.')}
      </Text>
      <Only permission="plugins.manage">
        <Group gap="xs">
          <Button
            loading={start.isPending && start.variables.again !== true}
            onClick={() => start.mutate({})}
          >
            {t('Run what has not run')}
          </Button>
          <Button variant="default" onClick={() => start.mutate({ again: true })}>
            {t('Run all again')}
          </Button>
        </Group>
      </Only>
      {steps.data.length === 0 ? (
        <Text c="dimmed">{t('No plugin has a step.')}</Text>
      ) : (
        <DataTable minWidth={520} columns={[t('Plugin'), t('Step'), t('State'), ACTIONS]}>
          {steps.data.map((step) => (
            <Row
              key={`${step.stage} ${step.plugin} ${step.name}`}
              step={step}
              run={() => start.mutate({ limit: step.plugin })}
            />
          ))}
        </DataTable>
      )}
    </Stack>
  )
}

function Row({ step, run }: { readonly step: InitStep; readonly run: () => void }) {
  const { plugin, stage, name, version, done } = step
  const hasRun = done === version
  return (
    <Table.Tr data-step={name}>
      <Table.Td>{plugin}</Table.Td>
      <Table.Td>
        <Code dir="ltr">{name}</Code>{' '}
        <Text span size="sm" c="dimmed">
          {stage === 'pre' ? t('before the application') : t('after the application')}
        </Text>
      </Table.Td>
      <Table.Td>
        <Badge variant="light" color={hasRun ? 'teal' : 'yellow'} tt="none">
          {hasRun
            ? t('Has run for {version}', { version })
            : done === null
              ? t('Has not run')
              : t('Has run for {done}, not for {version}', { done, version })}
        </Badge>
      </Table.Td>
      <Table.Td ta="end">
        <Only permission="plugins.manage">
          <Button
            size="compact-sm"
            variant="default"
            aria-label={t('Run the steps of "{plugin}"', { plugin })}
            onClick={run}
          >
            {t('Run')}
          </Button>
        </Only>
      </Table.Td>
    </Table.Tr>
  )
}
