import type { GraphQLSchema } from 'graphql';
import { parse } from 'graphql';
import { useMemo, useState } from 'react';
import { recogniseLive } from '../chart/live';
import type { Chart } from '../chart/model';
import type { Definitions } from '../chart/numbers-of';
import { recognise } from '../chart/recognise';
import { Operation } from '../chart/selection';
import { ChartView } from './chart-view';
import type { Exchange } from './exchange';
import { troubleOf } from './says';

const drawn = 'time series, rankings, breakdowns, funnels, measures side by side, and what a subscription says';

interface Props {
  exchange: Exchange | undefined;
  schema: GraphQLSchema | null;
  definitions: Definitions | null;
}

/** The chart of what came back. */
export function ChartPanel({ exchange, schema, definitions }: Props) {
  const charts = useMemo(() => chartsOf(exchange, schema, definitions), [exchange, schema, definitions]);
  const [chosen, setChosen] = useState(0);
  if (!exchange) return <p className="faint">Run the query, and what can be drawn of its answer is drawn here: {drawn}.</p>;
  const trouble = troubleOf(exchange);
  const chart = charts[chosen] ?? charts[0];
  return (
    <>
      {trouble && <p className="notice alarm">{trouble}</p>}
      {chart && (
        <ChartView key={chosen} chart={chart} live={exchange.live && exchange.open}>
          {charts.length > 1 && (
            <label>
              <span>Chart</span>
              <select value={charts.indexOf(chart)} onChange={(event) => setChosen(Number(event.target.value))}>
                {charts.map((of, index) => (
                  <option key={index} value={index}>
                    {optionOf(of, charts)}
                  </option>
                ))}
              </select>
            </label>
          )}
        </ChartView>
      )}
      {!chart && !trouble && <p className="faint">{nothing(exchange, schema)}</p>}
    </>
  );
}

function chartsOf(exchange: Exchange | undefined, schema: GraphQLSchema | null, definitions: Definitions | null): Chart[] {
  if (!exchange?.result?.data || !schema || !definitions) return [];
  const { query, operationName, variables } = exchange.request;
  const operation = new Operation(schema, parse(query), operationName, variables);
  return exchange.live ? recogniseLive(operation, definitions, exchange.heard) : recognise(operation, definitions, exchange.result.data);
}

const kinds: Record<Chart['kind'], string> = { series: 'Over time', bars: 'Bars', funnel: 'Funnel' };

/** The title tells charts apart only where they do not all have it. */
const optionOf = ({ title, kind }: Chart, all: Chart[]) => (all.every((of) => of.title === title) ? kinds[kind] : `${kinds[kind]}: ${title}`);

function nothing(exchange: Exchange, schema: GraphQLSchema | null): string {
  if (exchange.open && !exchange.result) return 'Waiting for the answer…';
  if (!schema) return 'The schema could not be read, and without it nothing is recognised.';
  return `Nothing in this answer can be drawn. What can: ${drawn}. Points of a time series need their start.`;
}
