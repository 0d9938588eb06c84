import { css } from "lit";

/** How tools, thinking and plans look: one quiet line each, and below it, once opened, what it says. */
export const toolStyles = css`
  .aside,
  .plan {
    margin: 2px 0;
    font-size: var(--size-13);
    color: var(--text-muted);
  }

  .aside summary {
    display: flex;
    align-items: center;
    gap: 6px;
    width: fit-content;
    max-width: 100%;
    min-height: 28px;
    margin-inline-start: -4px;
    padding-block: 0;
    padding-inline: 4px 8px;
    border-radius: var(--radius-control);
    list-style: none;
    cursor: pointer;
    font-variant-numeric: tabular-nums;
  }

  .aside summary::-webkit-details-marker,
  .json summary::-webkit-details-marker {
    display: none;
  }

  .aside summary:hover {
    background: var(--hover);
    color: var(--text);
  }

  .aside summary > span {
    flex: none;
  }

  .aside summary > .told {
    flex: 0 1 auto;
  }

  .aside summary > svg {
    opacity: 0.6;
    transition: transform var(--quick);
  }

  .aside summary > svg:dir(rtl) {
    transform: scaleX(-1);
  }

  .aside[open] > summary > svg {
    transform: rotate(90deg);
  }

  .verb {
    font-weight: 500;
  }

  .tool-name,
  .tool-object {
    font-family: var(--font-mono);
    font-size: var(--size-12);
    font-variant-ligatures: none;
    unicode-bidi: isolate;
  }

  .tool-name {
    color: var(--text);
  }

  .aside summary > .tool-object {
    flex: 0 1 auto;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .meta {
    font-size: var(--size-12);
  }

  .meta:empty {
    display: none;
  }

  .detail {
    margin: 2px 0 12px;
    padding-inline-start: 18px;
  }

  .detail .words {
    padding: 0;
    font-size: var(--size-14);
  }

  .detail .summary-text {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }

  .detail h3 {
    margin: 8px 0 4px;
    font-size: var(--size-12);
    font-weight: 500;
  }

  .detail h3:first-child {
    margin-top: 4px;
  }

  .detail pre {
    margin: 0;
    padding: 8px 12px;
    max-height: 24rem;
    overflow: auto;
    border-radius: var(--radius-control);
    background: var(--surface);
    color: var(--text);
    font: 400 var(--size-12) / 1.55 var(--font-mono);
    font-variant-ligatures: none;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    scrollbar-width: thin;
    tab-size: 4;
  }

  .terminal {
    color: var(--text-muted);
  }

  .terminal .command {
    font-weight: 600;
  }

  .terminal .prompt {
    color: var(--text-muted);
    user-select: none;
  }

  .diff {
    overflow: hidden;
    border: 1px solid var(--line);
    border-radius: var(--radius-control);
  }

  .diff + .diff {
    margin-top: 8px;
  }

  .diff .diff-head {
    display: flex;
    gap: 8px;
    padding: 6px 12px;
    font: 400 var(--size-12) / 1.3 var(--font-mono);
    border-bottom: 1px solid var(--line);
  }

  .diff .diff-name {
    flex: 1;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    color: var(--text);
  }

  .diff pre {
    padding: 4px 0;
    border-radius: 0;
    background: none;
  }

  .diff-line {
    display: block;
    padding: 0 12px;
    min-width: fit-content;
  }

  .diff-line.added {
    background: color-mix(in oklch, var(--positive) 13%, transparent);
  }

  .diff-line.removed {
    background: color-mix(in oklch, var(--danger) 12%, transparent);
  }

  .diff-line.hunk {
    color: var(--text-muted);
  }

  .diff-head .added {
    color: var(--positive);
  }

  .diff-head .removed {
    color: var(--danger);
  }

  .json {
    margin: 0;
    padding: 0;
    list-style: none;
    font: 400 var(--size-12) / 1.6 var(--font-mono);
    font-variant-ligatures: none;
    overflow-wrap: anywhere;
  }

  .json .json {
    padding-inline-start: 16px;
    border-inline-start: 1px solid var(--line);
    margin-inline-start: 3px;
  }

  .json summary {
    width: fit-content;
    cursor: pointer;
    list-style: none;
  }

  .json summary::before {
    content: "+";
    display: inline-block;
    width: 1.2em;
  }

  .json details[open] > summary::before {
    content: "−";
  }

  .json-name::after {
    content: ":";
  }

  .json-leaf {
    color: var(--text);
    white-space: pre-wrap;
  }

  .json-leaf:is(.number, .boolean, .null) {
    color: var(--code-number);
  }

  .more {
    padding: 4px 12px;
    font-size: var(--size-12);
  }

  .plan {
    margin: 8px 0;
  }

  .plan-head {
    display: flex;
    align-items: baseline;
    gap: 8px;
    min-height: 24px;
  }

  .plan ul {
    margin: 0;
    padding: 0;
    list-style: none;
    font-size: var(--size-14);
    line-height: 1.5;
  }

  .plan li {
    display: flex;
    gap: 8px;
    padding: 2px 0;
    color: var(--text);
  }

  .plan li svg {
    margin-top: 3px;
    color: var(--text-muted);
  }

  .plan li.done {
    color: var(--text-muted);
  }

  .plan li.running {
    font-weight: 500;
  }

  .plan li.running svg {
    color: var(--accent);
  }

  @media (pointer: coarse) {
    .aside summary {
      min-height: 36px;
    }
  }
`;
