// The values for templates: what counts, where it comes from, who else wanted it; set, and taken back.

import { Button, Code, Group, Paper, Skeleton, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Value } from '../../../../../sdk/api/values.ts'
import { changeValues, DEPLOYMENT_KEY, valuesQuery } from '../../api/deployment.ts'
import { finder } from '../../components/found-by-words.ts'
import { LoadError } from '../../components/load-error.tsx'
import { showError, showSuccess } from '../../components/notify.ts'
import { Only } from '../../components/only.tsx'
import { ProblemList } from '../../components/problem-list.tsx'
import { SearchField } from '../../components/search-field.tsx'
import { SourceBadge } from '../../components/source-badge.tsx'
import { t } from '../../languages/text.ts'
import { SetValue } from './set-value.tsx'

const SOURCES: Readonly<Record<Value['source'], string>> = {
  default: t('Application'),
  'plugin-default': t('Default of a plugin'),
  plugin: t('Plugin'),
  kept: t('Made by a plugin, kept'),
  stored: t('Set here'),
  environment: t('Variable'),
}

export function ValuesTab() {
  const values = useQuery(valuesQuery)
  const [search, setSearch] = useState('')
  if (values.isPending) return <Skeleton h={160} radius="md" />
  if (values.data === undefined) return <LoadError error={values.error} />
  const { items, problems } = values.data
  const isFound = finder(search)
  const shown = items.filter(({ name }) => isFound(name))
  return (
    <Stack>
      {problems.length > 0 && <ProblemList problems={problems} kind="warning" />}
      {items.length === 0 ? (
        <Text c="dimmed">{t('This application has no templates, and so no values for them.')}</Text>
      ) : (
        <SearchField label={t('Search the values')} value={search} onChange={setSearch} />
      )}
      {shown.map((value) => (
        <Row key={value.name} value={value} />
      ))}
    </Stack>
  )
}

function Row({ value }: { readonly value: Value }) {
  const { name, source, by, owner, isSecret, others, problem } = value
  const client = useQueryClient()
  const [isSetting, setSetting] = useState(false)
  const takeBack = useMutation({
    mutationFn: () => changeValues({ unset: [name] }),
    onSuccess: () => showSuccess(t('"{name}" is as before', { name })),
    onError: showError,
    onSettled: () => client.invalidateQueries({ queryKey: DEPLOYMENT_KEY }),
  })
  return (
    <Paper withBorder p="sm" data-value={name}>
      <Group justify="space-between" align="flex-start" gap="xs">
        <Stack gap={4} flex="1 1 14rem" miw={0}>
          <Group gap="xs">
            <Text fw={600} dir="ltr" style={{ overflowWrap: 'anywhere' }}>
              {name}
            </Text>
            <SourceBadge label={SOURCES[source]} isDefault={source === 'default'} />
            {by !== null && source !== 'default' && (
              <Text size="sm" c="dimmed">
                {by}
              </Text>
            )}
          </Group>
          <Shown value={value} />
          {problem !== null && (
            <Text size="sm" c="red">
              {problem.message}
            </Text>
          )}
          <Text size="xs" c="dimmed">
            {owner === null ? t('Nobody declares this name.') : t('Declared by {owner}', { owner })}
          </Text>
          {others.length > 0 && (
            <details>
              <summary>{t('Who else wanted it')}</summary>
              {others.map((other) => (
                <Text key={`${other.source} ${other.by}`} size="sm">
                  {SOURCES[other.source]} {other.by}{' '}
                  {other.template !== undefined && <Code dir="ltr">{textOf(other.template)}</Code>}
                </Text>
              ))}
            </details>
          )}
        </Stack>
        <Only permission="plugins.manage">
          <Group gap="xs">
            {source === 'stored' && (
              <Button
                size="compact-sm"
                variant="default"
                aria-label={t('Take "{name}" back', { name })}
                loading={takeBack.isPending}
                onClick={() => takeBack.mutate()}
              >
                {t('Take back')}
              </Button>
            )}
            {source !== 'environment' && (
              <Button
                size="compact-sm"
                variant="default"
                aria-label={t('Set "{name}"', { name })}
                onClick={() => setSetting(true)}
              >
                {t('Set')}
              </Button>
            )}
          </Group>
        </Only>
      </Group>
      {isSetting && (
        <SetValue name={name} isSecret={isSecret} value={value} close={() => setSetting(false)} />
      )}
    </Paper>
  )
}

function Shown({ value: { value, template, isSecret } }: { readonly value: Value }) {
  if (isSecret) return <Text size="sm">{t('a secret, not shown')}</Text>
  if (value === undefined && template === undefined) return <Text size="sm">{t('none')}</Text>
  return (
    <>
      <Code dir="ltr" className="long-value">
        {textOf(value ?? template)}
      </Code>
      {template !== undefined && value !== undefined && (
        <Text size="xs" c="dimmed">
          {t('made of')}{' '}
          <Code dir="ltr" className="long-value">
            {textOf(template)}
          </Code>
        </Text>
      )}
    </>
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
