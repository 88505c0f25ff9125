// One setting as a form field. Invariant: a secret is never shown, only replaced.

import {
  Anchor,
  Group,
  MultiSelect,
  NumberInput,
  PasswordInput,
  Select,
  Switch,
  TagsInput,
  Textarea,
  TextInput,
} from '@mantine/core'
import type { ReactNode } from 'react'
import type { Setting } from '../../../../../sdk/api/settings.ts'
import { toText } from '../../../../../sdk/settings/setting-text.ts'
import { SourceBadge } from '../../components/source-badge.tsx'
import { t } from '../../languages/text.ts'
import { type FieldSchema, fieldSchema } from './field-schema.ts'
import { JsonField } from './json-field.tsx'

export interface SettingFieldProps {
  readonly name: string
  readonly view: Setting
  /** Unsaved input; undefined without any. */
  readonly draft: unknown
  readonly error: string | undefined
  readonly change: (value: unknown) => void
  readonly reset: () => void
}

export function SettingField(props: SettingFieldProps) {
  const schema = fieldSchema(props.name, props.view.schema)
  const value = props.draft === undefined ? props.view.value : props.draft
  const common = {
    label: schema.title,
    description: <Description {...props} schema={schema} />,
    error: props.error ?? null,
    disabled: isFixed(props.view),
    name: props.name,
  }
  return control({ schema, value, common, props })
}

interface ControlInput {
  readonly schema: FieldSchema
  readonly value: unknown
  readonly common: {
    readonly label: string
    readonly description: ReactNode
    readonly error: string | null
    readonly disabled: boolean
    readonly name: string
  }
  readonly props: SettingFieldProps
}

function control({ schema, value, common, props }: ControlInput): ReactNode {
  const { change, draft, view } = props
  switch (schema.kind) {
    case 'switch':
      return (
        <Switch
          {...common}
          checked={value === true}
          onChange={(event) => change(event.currentTarget.checked)}
        />
      )
    case 'number':
      return (
        <NumberInput
          {...common}
          value={typeof value === 'number' ? value : ''}
          allowDecimal={!schema.integer}
          {...(schema.minimum === null ? {} : { min: schema.minimum })}
          {...(schema.maximum === null ? {} : { max: schema.maximum })}
          clampBehavior="none"
          onChange={(next) => change(typeof next === 'number' ? next : next === '' ? null : Number(next))}
        />
      )
    case 'amount':
      return (
        <TextInput
          {...common}
          placeholder={schema.example}
          value={
            typeof value === 'string' ? value : typeof value === 'number' ? toText(value, schema.typed) : ''
          }
          onChange={(event) => change(event.currentTarget.value === '' ? null : event.currentTarget.value)}
        />
      )
    case 'list': {
      const list = Array.isArray(value) ? value.map(String) : []
      const choices = schema.choices.map(String)
      if (choices.length > 0)
        return <MultiSelect {...common} data={choices} value={list} onChange={change} clearable />
      return (
        <TagsInput
          {...common}
          placeholder={schema.example || t('Type an item, then Enter')}
          value={list}
          splitChars={[]}
          acceptValueOnBlur
          onChange={change}
        />
      )
    }
    case 'choice':
      return (
        <Select
          {...common}
          data={schema.choices.map((choice) => ({ value: JSON.stringify(choice), label: String(choice) }))}
          value={value === undefined || value === null ? null : JSON.stringify(value)}
          allowDeselect={false}
          onChange={(next) => next !== null && change(JSON.parse(next))}
        />
      )
    case 'secret':
      return (
        <PasswordInput
          {...common}
          autoComplete="new-password"
          placeholder={view.source === 'default' ? t('Not set') : t('Set; type to replace it')}
          value={typeof draft === 'string' ? draft : ''}
          onChange={(event) =>
            change(event.currentTarget.value === '' ? undefined : event.currentTarget.value)
          }
        />
      )
    case 'json':
      return <JsonField {...common} value={value} change={change} />
    case 'text': {
      const text = typeof value === 'string' ? value : ''
      if (schema.multiline)
        return (
          <Textarea
            {...common}
            autosize
            minRows={3}
            value={text}
            onChange={(e) => change(e.currentTarget.value)}
          />
        )
      return (
        <TextInput
          {...common}
          type={schema.inputType}
          placeholder={schema.example}
          {...(schema.maxLength === null ? {} : { maxLength: schema.maxLength })}
          value={text}
          onChange={(event) => change(event.currentTarget.value)}
        />
      )
    }
  }
}

const SOURCES: Readonly<Record<Setting['source'], string>> = {
  default: t('Default'),
  plugin: t('Default of a plugin'),
  stored: t('Set here'),
  file: t('File'),
  environment: t('Variable'),
  'command-line': t('Command line'),
}

function sourceText({ source }: Setting, { defaultValue }: FieldSchema): string {
  return source === 'default' && defaultValue === undefined ? t('Not set') : SOURCES[source]
}

/** What counts for more than the administrator's value. */
function isFixed({ source }: Setting): boolean {
  return source === 'command-line' || source === 'environment' || source === 'file'
}

/** The author's description, the source of the value, and a reset to the default. */
function Description({ view, schema, reset }: SettingFieldProps & { readonly schema: FieldSchema }) {
  return (
    <Group gap="xs" component="span">
      {schema.description && <span>{schema.description}</span>}
      <SourceBadge
        label={sourceText(view, schema)}
        isDefault={view.source === 'default' || view.source === 'plugin'}
      />
      {view.source === 'command-line' && (
        <span>
          {t('Set by {from} on the command line of the server; it cannot be changed here.', {
            from: view.from ?? '',
          })}
        </span>
      )}
      {view.source === 'environment' && (
        <span>
          {t('Set by the variable {from} of the server; it cannot be changed here.', {
            from: view.from ?? '',
          })}
        </span>
      )}
      {view.source === 'file' && (
        <span>{t('Set in {from} of the server; it cannot be changed here.', { from: view.from ?? '' })}</span>
      )}
      {view.source === 'plugin' && (
        <span>{t('The default is changed by the plugin "{from}".', { from: view.from ?? '' })}</span>
      )}
      {view.appended?.map(({ by, items }) => (
        <span key={by}>{t('The plugin "{by}" appends: {items}', { by, items: items.join(', ') })}</span>
      ))}
      {view.source === 'stored' && (
        <Anchor
          component="button"
          data-changes
          type="button"
          size="xs"
          onClick={reset}
          aria-label={`${schema.kind === 'secret' ? t('Remove it') : resetText(schema)}: ${schema.title}`}
        >
          {schema.kind === 'secret' ? t('Remove it') : resetText(schema)}
        </Anchor>
      )}
    </Group>
  )
}

function resetText(schema: FieldSchema): string {
  const value = defaultText(schema)
  return value === undefined ? t('Use the default') : t('Use the default ({value})', { value })
}

function defaultText({ defaultValue, kind, typed }: FieldSchema): string | undefined {
  if (defaultValue === undefined || kind === 'json' || kind === 'list') return undefined
  if (kind === 'amount') return toText(defaultValue, typed)
  if (kind === 'switch') return defaultValue === true ? t('on') : t('off')
  return defaultValue === '' ? t('empty') : String(defaultValue)
}
