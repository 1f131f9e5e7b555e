# The chain x -> z1 -> y -> J: values forward, above; gradients backward, below.
eval start(700, 250)
number(column) = real(system(sprintf("cut -d' ' -f%d %s", column, file("chain.dat"))))
unset border
unset tics
set key off
set margins 1,1,1,1
set xrange [-0.4:3.4]
set yrange [-1.1:1.1]
names = "x z_1 ŷ J(W)"
do for [k = 0:3] {
    set object (k + 1) circle at k,0 size 0.17 fillcolor rgb word("#f4d58d #cfe3d4 #cfe3d4 #f0c4bd", k + 1) fillstyle solid border lc rgb dark
    set label (k + 1) word(names, k + 1) at k,0 center font ",14" textcolor rgb dark front
    set label (k + 11) sprintf("%.3f", number(k + 1)) at k,0.62 center textcolor rgb blue
}
do for [k = 0:2] {
    set arrow (k + 1) from k + 0.2,0.12 to k + 0.8,0.12 head filled lw 1.5 lc rgb blue
    set arrow (k + 11) from k + 0.8,-0.12 to k + 0.2,-0.12 head filled lw 1.5 lc rgb red
}
unset arrow 11
set label 21 sprintf("w_1 = %.2f", number(5)) at 0.5,0.3 center textcolor rgb blue
set label 22 sprintf("w_2 = %.2f", number(6)) at 1.5,0.3 center textcolor rgb blue
set label 31 sprintf("∂J/∂w_1 = %.3f", number(9)) at 0.5,-0.34 center textcolor rgb red
set label 32 sprintf("∂J/∂w_2 = %.3f", number(10)) at 1.5,-0.34 center textcolor rgb red
set label 41 sprintf("∂J/∂z_1 = %.3f", number(8)) at 1,-0.68 center textcolor rgb red
set label 42 sprintf("∂J/∂ŷ = %.3f", number(7)) at 2,-0.68 center textcolor rgb red
set label 51 "values, forward" at -0.3,0.95 left textcolor rgb blue
set label 52 "gradients, backward" at -0.3,-0.98 left textcolor rgb red
plot NaN
