# Samples trained on a second, against the batch size, on one thread and on two.
eval start(460, 330)
set grid lc rgb "#dddddd" lt 1
set title "Training 64-512-512-10"
set logscale x 4
set xlabel "batch size B (samples)"
set ylabel "thousand samples per second"
set xrange [1:256]
set yrange [0:*]
set key top left
plot file("throughput.dat") using 1:($2 / 1000) with linespoints ls 1 pt 7 ps 0.5 title "one thread", \
     "" using 1:($3 / 1000) with linespoints ls 2 pt 7 ps 0.5 title "two threads"
