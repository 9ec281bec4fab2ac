# SPDX-License-Identifier: BSD-3-Clause
"""Draws what scripts/bench has measured: docs/question.svg and docs/cold.svg, by gnuplot.

No background, and colours that can be told from white and from black.
"""
import os
import shutil
import subprocess

TEXT = "#808080"
COLOURS = ("#d9822b", "#3a87c8", "#c0504d", "#4f9e5f")
HEAD = f"""\
set terminal svg size {{width}},{{height}} enhanced font 'DejaVu Sans,Helvetica,sans-serif,13' linewidth 1.5
set output '{{output}}'
set border 3 linecolor rgb '{TEXT}'
set tics nomirror textcolor rgb '{TEXT}'
set grid linecolor rgb '{TEXT}' linewidth 0.3 dashtype 3
set key textcolor rgb '{TEXT}' {{key}}
set title textcolor rgb '{TEXT}'
set xlabel textcolor rgb '{TEXT}'
set ylabel textcolor rgb '{TEXT}'
"""


def gnuplot(script):
    subprocess.run(["gnuplot"], input=script, text=True, timeout=60, check=True)


def data(name, points):
    return f"${name} << EOD\n" + "".join(" ".join(map(str, p)) + "\n" for p in points) + "EOD\n"


def curve(name, title, colour, dashed=False):
    """Dashed: what is compared with."""
    return (f"${name} using 1:2 title '{title}' with linespoints linecolor rgb '{COLOURS[colour]}' pointtype {6 if dashed else 7} "
            f"pointsize 0.6 dashtype {2 if dashed else 1}")


def question_points(figures, hosts):
    """Of each store: (hosts, median, p99 or nothing)."""
    series = figures.get("question_by_hosts")
    if isinstance(series, dict):
        series = [dict(f, hosts=int(n)) if isinstance(f, dict) else {"hosts": int(n), "median": f} for n, f in series.items()]
    if not series:
        series = [{"hosts": 100, "median": figures["question_few_us"]}, {"hosts": hosts, "median": figures["question_many_us"]}]
    points = [(p["hosts"], p.get("median", p.get("us")), p.get("p99")) for p in series]
    return sorted(p for p in points if p[1] is not None)


def draw_questions(figures, hosts, output):
    by_hosts = question_points(figures, hosts)
    by_clients = [(p["clients"], p["median"], p["p99"]) for p in figures["clients"]]
    script = HEAD.format(width=860, height=360, output=output, key="left top Left reverse samplen 2")
    script += data("hosts", [p[:2] for p in by_hosts]) + data("hosts_p99", [(p[0], p[2]) for p in by_hosts if p[2] is not None])
    script += data("clients", [p[:2] for p in by_clients]) + data("clients_p99", [(p[0], p[2]) for p in by_clients])
    script += "set multiplot layout 1,2\nset logscale x 10\nset format x '%.0f'\n"
    # Room for the key above the curves.
    script += f"set yrange [0:{1.4 * max(y for p in by_hosts for y in p[1:] if y is not None):.0f}]\n"
    script += "set title 'one question after the other'\nset xlabel 'hosts with evidence'\nset ylabel 'microseconds for a question'\n"
    most = max(p[0] for p in by_hosts)
    script += f"set xrange [{min(p[0] for p in by_hosts) / 2}:{most * 2}]\n"
    curves = [curve("hosts", "median", 0)]
    if any(p[2] is not None for p in by_hosts):
        curves.append(curve("hosts_p99", "99th percentile", 1, True))
    script += "plot " + ", ".join(curves) + "\n"
    script += ("set title 'as many questions at once as there are clients'\nset xlabel 'clients'\nset logscale x 2\n"
               "set logscale y 10\nset yrange [10:*]\nset xrange [0.8:*]\n")
    script += "plot " + ", ".join([curve("clients", "median", 0), curve("clients_p99", "99th percentile", 1, True)]) + "\n"
    gnuplot(script + "unset multiplot\n")


def draw_cold(cold, output):
    script = HEAD.format(width=720, height=400, output=output, key="left top Left reverse samplen 3")
    names = []
    for series in ("known", "first"):
        for who in ("daemon", "least"):
            names.append(f"{series}_{who}")
            script += data(names[-1], sorted((p["rtt_ms"], p[f"{who}_ms"]) for p in cold[series]))
    script += ("set xlabel 'milliseconds added to each round trip'\nset ylabel 'milliseconds until the answer'\n"
               "set xrange [0:*]\nset yrange [0:*]\n")
    titles = ("p11-daned, another host of a known zone", "libunbound and one handshake, the same", "p11-daned, first host of a zone",
              "libunbound and one handshake, the same")
    curves = [curve(n, t, i // 2, i % 2 == 1) for i, (n, t) in enumerate(zip(names, titles))]
    gnuplot(script + "plot " + ", ".join(curves) + "\n")


def draw(report, directory):
    """report: bench.json's content. The files written; what was not measured is not drawn."""
    if not shutil.which("gnuplot"):
        raise SystemExit("gnuplot is missing (scripts/install-deps --tools)")
    figures, written = report["figures"], []
    if figures.get("clients"):
        written.append(os.path.join(directory, "question.svg"))
        draw_questions(figures, report["hosts"], written[-1])
    if figures.get("cold"):
        written.append(os.path.join(directory, "cold.svg"))
        draw_cold(figures["cold"], written[-1])
    return written
